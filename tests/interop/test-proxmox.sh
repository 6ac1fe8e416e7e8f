#!/usr/bin/env bash
# Proxmox' commands, by scripts/proxmox-tpm: a VM's TPM is a PTT, and the same one at
# its next start.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs qemu-system-x86_64
[ "$(id -u)" = 0 ] || skip "optional: Proxmox' swtpm_setup is root (--runas 0)"

mkdir "$TMP/bin" "$TMP/run"
ln -s "$ODCASIM" "$TMP/bin/swtpm"
ln -s "$ODCASIM" "$TMP/bin/swtpm_setup"
PATH=$TMP/bin:$PATH

# It ends with the VM: by SHUTDOWN, which QEMU sends.
gone() {
	timeout 30 tail --pid="$PID" -f /dev/null && [ ! -e "$TMP/run/100.swtpm" ]
}

vm() { # TITLE STATE
	local options
	ok "$1: a TPM" "$TOP/scripts/proxmox-tpm" "$2" 100 "$TMP/run"
	PID=$(cat "$TMP/run/100.swtpm.pid")
	SERVERS+=("$PID")
	read -ra options <<<"$(grep '^-chardev' "$TMP/out")"
	ok "$1: a VM with it" timeout 60 qemu-system-x86_64 -display none -qmp stdio \
		"${options[@]}" <<-END
			{"execute":"qmp_capabilities"}
			{"execute":"query-tpm"}
			{"execute":"quit"}
		END
	says "$1: has a TPM" '"model": "tpm-tis"'
	ok "$1: the TPM ends with the VM" gone
	SERVERS=()
}

in_a_directory() {
	local was
	mkdir "$TMP/100"
	vm "a directory" "$TMP/100"
	ok "verify" "$ODCASIM" verify --state "$TMP/100"
	says "accepts" '^accepted'
	was=$(cat "$TMP/100/odcasim.json")
	vm "again" "$TMP/100"
	is "it is the same device" "$(cat "$TMP/100/odcasim.json")" "$was"
}

# As a volume is: a file of zeros, of 4 MiB.
in_a_volume() {
	if ! swtpm socket --print-capabilities | grep -q '"nvram-backend-file"'; then
		skipped "a volume" "swtpm keeps no state in a file (nvram-backend-file)"
		return
	fi
	truncate -s 4M "$TMP/volume"
	vm "a volume" "$TMP/volume"
	fails "a volume: the state is in it" cmp -s "$TMP/volume" <(head -c 4M /dev/zero)
	vm "a volume again" "$TMP/volume"
	ok "a volume: swtpm finds it" swtpm socket --print-states --tpm2 \
		--tpmstate "backend-uri=file://$TMP/volume"
	says "a volume: with its permanent state" '"permall"'
}

fails "usage" "$TOP/scripts/proxmox-tpm"
in_a_directory
in_a_volume
finish
