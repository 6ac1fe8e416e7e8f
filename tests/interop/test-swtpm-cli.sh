#!/usr/bin/env bash
# swtpm's and swtpm_setup's command lines: as libvirt and Proxmox call them, what
# is refused, and Debian's swtpm on what they leave behind.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs swtpm swtpm_setup swtpm_ioctl tpm2_nvread openssl "$PYTHON"

THEIR_SWTPM=$(command -v swtpm)
THEIR_SETUP=$(command -v swtpm_setup)
mkdir "$TMP/bin"
for name in swtpm swtpm_setup; do
	ln -s "$ODCASIM" "$TMP/bin/$name"
done
PATH=$TMP/bin:$PATH
CTRL=$TMP/ctrl

ioctl() { # OPTION...
	timeout 30 swtpm_ioctl --unix "$CTRL" "$@"
}

# In the background until it is told to end; it listens once its control channel
# answers, and says so by its pid file.
serve() { # OPTION...
	rm -f "$TMP/pid"
	ok "swtpm socket $*" swtpm socket --tpm2 --ctrl "type=unixio,path=$CTRL,mode=0600" \
		--pid file="$TMP/pid" --daemon --log file="$TMP/swtpm.log" "$@"
	SERVERS+=("$(cat "$TMP/pid")")
}

# It has ended when the lock that it holds on its state is free.
gone() { # STATE
	flock -w 30 "$1/.lock" true
}

printed() {
	ok "version" swtpm --version
	says "as scripts read it" '^TPM emulator version [0-9]+\.[0-9]+'
	ok "capabilities" swtpm socket --print-capabilities --tpm2
	says "in swtpm's form" '^\{ "type": "swtpm", "features": \[ "tpm-2.0", '
	says "name what is there" '"nvram-backend-dir"'
	ok "capabilities of swtpm_setup" swtpm_setup --print-capabilities
	says "in its form" '^\{ "type": "swtpm_setup", "features": \[ "tpm-2.0"'
	ok "help" swtpm socket --help
	ok "no states" swtpm socket --print-states --tpm2 --tpmstate "dir=$TMP"
	says "is an empty list" '"states": \[ *\]'
}

refused() { # WHAT OPTION...
	fails "$1 is refused" timeout 30 swtpm socket --ctrl "type=unixio,path=$CTRL" "${@:2}"
	says "by name: $1" "$1"
}

refusals() {
	local type
	mkdir "$TMP/none"
	printf '00112233445566778899aabbccddeeff' >"$TMP/key"
	printf 'not hexadecimal' >"$TMP/nokey"
	refused "TPM 1.2" --tpmstate "dir=$TMP/none"
	refused "--bogus" --tpm2 --tpmstate "dir=$TMP/none" --bogus
	refused "color" --tpm2 --tpmstate "dir=$TMP/none,color=red"
	refused "udp" --tpm2 --tpmstate "dir=$TMP/none" --server type=udp
	refused "iscsi://" --tpm2 --tpmstate "backend-uri=iscsi://$TMP/none/f"
	refused "key" --tpm2 --tpmstate "dir=$TMP/none" --key "file=$TMP/nokey"
	refused "aes-ctr" --tpm2 --tpmstate "dir=$TMP/none" --key "file=$TMP/key,mode=aes-ctr"
	refused "mode" --tpm2 --tpmstate "dir=$TMP/none,mode=0888"
	refused "print-profiles" --tpm2 --tpmstate "dir=$TMP/none" --print-profiles
	is "nothing was made" "$(ls -A "$TMP/none")" ""
	for type in DGRAM SEQPACKET; do
		fails "a socket of type $type is refused" "$PYTHON" -c 'import os, socket, sys
pair = socket.socketpair(socket.AF_UNIX, getattr(socket, sys.argv[1]))
os.dup2(pair[1].fileno(), 9)
os.execvp(sys.argv[2], sys.argv[2:])' "SOCK_$type" swtpm socket --tpm2 --tpmstate "dir=$TMP/none" --fd 9
		says "by its type" 'fd 9 is no stream socket'
	done
	for type in chardev cuse; do
		exits 1 "swtpm $type" swtpm $type --help
		says "is none, in swtpm's words" "Unsupported TPM interface type '$type'\."
	done
	refused "other machines" --tpm2 --tpmstate "dir=$TMP/none" --server type=tcp,port=0,bindaddr=0.0.0.0
}

# virTPMEmulator of libvirt 9: qemu_tpm.c.
libvirt() {
	mkdir "$TMP/vm"
	ok "swtpm_setup as libvirt" swtpm_setup --tpm2 --tpm-state "$TMP/vm" --vmid vm:1234 \
		--logfile "$TMP/setup.log" --createek --create-ek-cert --create-platform-cert \
		--lock-nvram --not-overwrite
	ok "again" swtpm_setup --tpm2 --tpm-state "$TMP/vm" --vmid vm:1234 \
		--logfile "$TMP/setup.log" --createek --create-ek-cert --create-platform-cert \
		--lock-nvram --not-overwrite
	ok "it is not overwritten" grep -q "Not overwriting existing state file" "$TMP/setup.log"
	ok "states" swtpm socket --print-states --tpm2 --tpmstate "dir=$TMP/vm"
	says "are the permanent one" '"name": "permall", "size": [0-9]+'
	ok "info" swtpm socket --print-info 3 --tpm2 --tpmstate "dir=$TMP/vm"
	says "is the device's" '"manufacturer":"id:494E5443","version":"id:[0-9A-F]{8}","model":"TGL"'
	serve --tpmstate "dir=$TMP/vm,mode=0600" --terminate
	ok "init" ioctl -i
	fails "one program a state" swtpm socket --tpm2 --tpmstate "dir=$TMP/vm" \
		--ctrl "type=unixio,path=$TMP/other"
	ok "stop as libvirt" ioctl -s
	ok "ends" gone "$TMP/vm"
	is "its socket is gone" "$(ls "$CTRL" "$TMP/pid" 2>/dev/null)" ""
	ok "verify" "$ODCASIM" verify --state "$TMP/vm"
	says "accepts" '^accepted'
	# A migration's target.
	ok "swtpm_setup for what comes in" swtpm_setup --tpm2 --tpm-state "$TMP/vm" \
		--logfile "$TMP/setup.log" --overwrite
	ok "PCR banks" swtpm_setup --tpm2 --tpm-state "$TMP/vm" --logfile "$TMP/setup.log" \
		--pcr-banks sha1,sha256 --reconfigure
	serve --tpmstate "dir=$TMP/vm" --flags not-need-init,startup-clear
	ok "stop" ioctl -s
	ok "ends" gone "$TMP/vm"
}

# Who skips swtpm_setup has a PTT too, and who asks for a family has that.
by_hand() {
	mkdir "$TMP/hand"
	# A TPM 1.2 in the same directory has other names.
	echo other >"$TMP/hand/tpm-00.permall"
	serve --tpmstate "dir=$TMP/hand" --family adl --seed hand
	ok "stop" ioctl -s
	ok "ends" gone "$TMP/hand"
	ok "mint" "$ODCASIM" mint --state "$TMP/same" --family adl --seed hand
	is "what is beside it stays" "$(cat "$TMP/hand/tpm-00.permall")" other
	ok "it is the device of that seed" cmp "$TMP/hand/odcasim.json" "$TMP/same/odcasim.json"
	ok "an exit on SIGTERM" swtpm_term
}

swtpm_term() {
	local pid status=0
	swtpm socket --tpm2 --tpmstate "dir=$TMP/hand" --ctrl "type=unixio,path=$CTRL" \
		--pid file="$TMP/pid" --daemon || return 1
	pid=$(cat "$TMP/pid")
	kill "$pid" && gone "$TMP/hand" && [ ! -e "$CTRL" ] && [ ! -e "$TMP/pid" ]
}

# Debian's swtpm on what ours made, and Debian's swtpm_setup with ours.
theirs() {
	local n=0
	serve() { # their server, the same way
		rm -f "$TMP/pid"
		"$THEIR_SWTPM" socket --tpm2 --ctrl "type=unixio,path=$CTRL" --pid file="$TMP/pid" \
			--daemon "$@" && SERVERS+=("$(cat "$TMP/pid")")
	}
	ok "swtpm serves what our swtpm_setup made" serve --tpmstate "dir=$TMP/vm" \
		--flags not-need-init,startup-clear
	ok "swtpm stops" ioctl -s
	ok "swtpm_setup of Debian makes a TPM by our swtpm" env "PATH=${PATH#*:}" "$THEIR_SETUP" \
		--tpm "$TMP/bin/swtpm socket" --tpm2 --tpmstate "$(mktemp -d "$TMP/their.XXX")" \
		--createek --logfile "$TMP/their.log"
	n=$(find "$TMP"/their.* -name tpm2-00.permall | wc -l)
	is "in its directory" "$n" 1
}

printed
refusals
libvirt
by_hand
theirs
finish
