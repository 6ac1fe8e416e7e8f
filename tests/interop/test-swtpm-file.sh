#!/usr/bin/env bash
# All of a TPM's states in one file (file://), there and back between odcasim and
# Debian's swtpm; modes of state files; and what is refused stays as it was.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/interop/swtpm.sh
. "$TOP/tests/interop/swtpm.sh"

FILE=$TMP/tpm.bin
URI=file://$FILE
STATE=backend-uri=$URI
printf 'a passphrase' >"$TMP/password"

sum() {
	sha256sum <"$FILE"
}

states() { # PROGRAM
	"$1" socket --tpm2 --print-states --tpmstate "$STATE" | tail -n 1
}

# What both see in the file, as both print it.
same_states() { # DESCRIPTION
	isnt "$1: a state is there" "$(states "$OURS")" '{ "type": "swtpm", "states": [] }'
	is "$1: both see the same" "$(states "$OURS")" "$(states "$THEIRS")"
}

make() {
	local before
	ok "capabilities" "$OURS" socket --print-capabilities --tpm2
	says "have it" '"nvram-backend-dir", "nvram-backend-file"'
	ok "no file" "$OURS" socket --tpm2 --print-states --tpmstate "$STATE"
	says "has no states" '"states": \[\]'
	ok "swtpm_setup" "$SETUP" --tpm2 --tpm-state "$URI" --create-ek-cert
	is "its mode" "$(stat -c %a "$FILE")" 600
	same_states "made by us"
	before=$(sum)
	ok "--not-overwrite" "$SETUP" --tpm2 --tpm-state "$URI" --not-overwrite
	exits 1 "once more" "$SETUP" --tpm2 --tpm-state "$URI"
	says "is refused" "Found existing TPM state 'permall'\."
	exits 1 "another device" "$OURS" socket --tpm2 --tpmstate "$STATE" --family adl \
		--ctrl "type=unixio,path=$CTRL"
	is "it stays" "$(sum)" "$before"
}

# Each opens what the other has written, with states that come and go.
there_and_back() { # NAME OPTION...
	local want round program
	ok "$1: we serve" serve "$OURS" "$STATE" --flags not-need-init "${@:2}"
	want=$(device)
	is "$1: it has certificates" "${want:0:4}${want:12:8}" 800200000000
	ok "$1: end" end
	for round in 1 2 3; do
		for program in "$THEIRS" "$OURS"; do
			ok "$1: $round, $program" serve "$program" "$STATE" --flags not-need-init "${@:2}"
			is_device "$1: is the device" "$want"
			ok "$1: volatile state" ioctl -v
			same_states "$1"
			ok "$1: end" end
			ok "$1: $program with it" serve "$program" "$STATE" "${@:2}"
			ok "$1: init" ioctl -i
			ok "$1: end" end
		done
	done
	ok "$1: verify what is left" test "$(stat -c %s "$FILE")" -lt 200000
}

# Killed while it is on, again and again.
kills() {
	local want i
	ok "we serve" serve "$OURS" "$STATE" --flags startup-clear
	ok "volatile state" ioctl -v
	for i in 1 2 3; do
		kill -9 "$(cat "$TMP/pid")"
		ok "after kill -9, $i: serve" serve "$OURS" "$STATE" --flags not-need-init
		want=$(device)
		is "after kill -9, $i: it answers" "${want:0:4}${want:12:8}" 800200000000
	done
	ok "end" end
}

locks() {
	ok "with lock" serve "$OURS" "$STATE,lock"
	exits 1 "a second one" timeout 30 "$OURS" socket --tpm2 --tpmstate "$STATE,lock" \
		--ctrl "type=unixio,path=$TMP/other"
	says "is refused" "state '$FILE' is in use"
	ok "end" end
}

refused() {
	local before at
	ok "PCR banks" "$SETUP" --tpm2 --tpm-state "$URI" --reconfigure --pcr-banks sha1,sha256
	cp "$FILE" "$TMP/good"
	# Magic, version, header, the state's place and size; and where it is.
	at=$(od -An -tu4 -j 12 -N 4 --endian=little "$FILE" | tr -d ' ')
	for at in 3 8 10 14 18 $((at + 1)); do
		cp "$TMP/good" "$FILE"
		printf '\xff' | dd of="$FILE" bs=1 seek="$at" conv=notrunc status=none
		before=$(sum)
		fails "octet $at altered" serve "$OURS" "$STATE" --flags not-need-init
		is "octet $at altered: it stays" "$(sum)" "$before"
	done
	init_fails "the state altered" "$OURS" "$STATE"
	is "the state altered: it stays" "$(sum)" "$before"
	head -c 1000 "$TMP/good" >"$FILE"
	fails "a file that is cut" serve "$OURS" "$STATE"
	is "is as long as it was" "$(stat -c %s "$FILE")" 1000
	printf 'what somebody else has written' >"$FILE"
	fails "another file" serve "$OURS" "$STATE"
	says "is none of swtpm's" "'$FILE' is no file of swtpm's states"
	is "and stays" "$(cat "$FILE")" 'what somebody else has written'
	exits 1 "swtpm_setup" "$SETUP" --tpm2 --tpm-state "$URI"
	ok "--overwrite" "$SETUP" --tpm2 --tpm-state "$URI" --overwrite
	same_states "overwritten"
	ln -s "$FILE" "$TMP/link"
	fails "a link" serve "$OURS" "backend-uri=file://$TMP/link"
	fails "a directory" serve "$OURS" "backend-uri=file://$TMP"
	fails "another scheme" serve "$OURS" "backend-uri=iscsi://$FILE"
}

their_setup() {
	local program
	for program in "$THEIRS" "$OURS"; do
		rm "$FILE"
		ok "Debian's swtpm_setup by $program" "$THEIR_SETUP" --tpm "$program socket" --tpm2 \
			--tpmstate "$URI" --createek --logfile "$TMP/their.log"
		same_states "made by $program"
		ok "we serve it" serve "$OURS" "$STATE" --flags startup-clear
		ok "end" end
	done
}

keys() {
	local key=pwdfile=$TMP/password,mode=aes-256-cbc
	ok "with a key" "$SETUP" --tpm2 --tpm-state "$URI" --overwrite \
		--pwdfile "$TMP/password" --cipher aes-256-cbc
	there_and_back "with a key" --key "$key"
	init_fails "without" "$OURS" "$STATE"
	fails "without" serve "$OURS" "$STATE" --flags not-need-init
	says "is refused" 'state is encrypted'
}

modes() {
	local state
	umask 077
	rm "$FILE"
	ok "a mode" serve "$OURS" "$STATE,mode=0640"
	is "is that of the file" "$(stat -c %a "$FILE")" 640
	ok "end" end
	state=$(mktemp -d "$TMP/dir.XXX")
	ok "a mode" serve "$OURS" "dir=$state,mode=0644" --flags startup-clear
	ok "volatile state" ioctl -v
	is "is that of state files" "$(stat -c %a "$state"/tpm2-00.* | sort -u)" 644
	is "but of no secret" "$(stat -c %a "$state"/odcasim.fuses)" 600
	ok "end" end "$state/.lock"
}

device_of_blocks() {
	local loop
	head -c 1048576 /dev/zero >"$TMP/disk"
	loop=$(losetup --show -f "$TMP/disk" 2>/dev/null) || {
		skipped "a block device" "no loop device"
		return
	}
	ok "a block device" serve "$OURS" "backend-uri=file://$loop" --flags not-need-init
	ok "end" end
	ok "is the TPM's" serve "$THEIRS" "backend-uri=file://$loop" --flags startup-clear
	ok "end" end
	losetup -d "$loop"
}

make
there_and_back "plain"
kills
locks
refused
their_setup
keys
modes
device_of_blocks
finish
