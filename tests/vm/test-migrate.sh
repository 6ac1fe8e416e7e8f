#!/usr/bin/env bash
# A machine is saved and loaded, and migrates to a file and from it, its TPM with
# it: to another TPM of ours, to swtpm, and back from there.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/device.sh
. "$TOP/tests/vm/device.sh"
# shellcheck source=tests/vm/running.sh
. "$TOP/tests/vm/running.sh"

# A disk that only takes the snapshot: QEMU puts a temporary file before it.
truncate -s 1M "$TMP/disk"
DISK=(-drive "if=virtio,format=raw,snapshot=on,file=$TMP/disk")

snapshot_cases() {
	ok "the machine is saved" hmp "savevm one"
	lap "savevm"
	ok "its TPM goes on" guest 'tpm2_flushcontext -t && tpm2_flushcontext -l && tpm2_pcrreset 16'
	isnt "to something else" "$(there)" "$THERE"
	ok "the machine is loaded" hmp "loadvm one"
	still_there "loaded"
	certified "loaded"
	lap "loadvm"
}

# Where the TPM is ours: swtpm's manufacturer and firmware are not those certified.
certified() { # WHEN
	ok "$1: the certificates are verified" \
		guest 'odcasim verify --tcti device:/dev/tpm0 --roots root.pem'
}

# The machine leaves its TPM, and goes on with another program's and an empty
# directory.
migrate() { # PROGRAM [OPTION...]
	ok "the machine migrates to a file" qmp migrate \
		"{\"uri\":\"exec:cat >$TMP/machine; echo written >$TMP/done\"}"
	needed "which is written" timeout "$PATIENCE" cat "$TMP/done"
	ok "the migration" qmp query-migrate
	is "has completed" "$(grep -o '"status": "completed"' <<<"$QMP")" '"status": "completed"'
	ok "that QEMU ends" vm_quit
	rm -rf "$TMP/target" && mkdir "$TMP/target"
	SWTPM=$1 tpm_start "$TMP/target" "${@:2}"
	vm_start tpm-crb "${DISK[@]}" "${GUEST[@]}" -incoming defer
	ok "another one takes it" qmp migrate-incoming "{\"uri\":\"exec:cat $TMP/machine\"}"
	needed "it runs again" event '"RESUME"'
}

mkfifo "$TMP/done"
device "$TMP/state"
tpm_start "$TMP/state"
vm_start tpm-crb "${DISK[@]}" "${GUEST[@]}"
booted "boot"
ok "the TEST root is given" give "$TMP/state/root.pem" root.pem
put_there
snapshot_cases
OURS=$SWTPM
migrate "$OURS" --migration incoming
still_there "migrated to ours"
certified "migrated to ours"
migrate "$REAL_SWTPM"
still_there "migrated to swtpm"
migrate "$OURS" --migration incoming
still_there "migrated back"
certified "migrated back"
lap "three migrations"
ok "QEMU ends" vm_quit
finish
