#!/usr/bin/env bash
# Encrypted states: what odcasim encrypts Debian's swtpm opens, and the reverse,
# in files and between hosts; and what is refused stays as it was.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/interop/swtpm.sh
. "$TOP/tests/interop/swtpm.sh"

KEY=00112233445566778899aabbccddeeff
printf '%s\n' $KEY >"$TMP/k128"
printf '0x%s' $KEY$KEY >"$TMP/k256"
printf 'ffffffffffffffffffffffffffffffff' >"$TMP/wrong"
printf 'a passphrase\n' >"$TMP/password"
printf 'a passphrase' >"$TMP/other"

sum() { # STATE
	sha256sum <"$1/tpm2-00.permall"
}

encrypted() { # STATE FLAGS-IN-HEX
	is "is encrypted" "$(od -An -tx1 -j 4 -N 2 "$1/tpm2-00.permall" | tr -d ' ')" "$2"
}

# One kind of key: ours makes, theirs opens it and writes, ours opens that.
there_and_back() { # NAME FLAGS KEY SETUP-OPTION...
	local state=$TMP/$1 want before
	mkdir "$state"
	if [ $# -gt 3 ]; then
		ok "$1: swtpm_setup" "$SETUP" --tpm2 --tpmstate "$state" "${@:4}"
		encrypted "$state" "$2"
	fi
	ok "$1: we serve" serve "$OURS" "dir=$state" --key "$3" --flags not-need-init
	encrypted "$state" "$2"
	want=$(device)
	is "$1: it has certificates" "${want:0:4}${want:12:8}" 800200000000
	ok "$1: a file key" ioctl -g
	says "is said" '0x1$'
	ok "$1: end" end "$state/.lock"
	before=$(sum "$state")
	ok "$1: Debian's swtpm opens it" serve "$THEIRS" "dir=$state" --key "$3" --flags not-need-init
	is_device "$1: it is the device" "$want"
	ok "$1: end" end "$state/.lock"
	isnt "$1: and has written it" "$(sum "$state")" "$before"
	ok "$1: we open that" serve "$OURS" "dir=$state" --key "$3" --flags not-need-init
	is_device "$1: it is the device" "$want"
	ok "$1: end" end "$state/.lock"
}

keys() {
	there_and_back hex128 0001 "file=$TMP/k128" --keyfile "$TMP/k128"
	there_and_back hex256 0009 "file=$TMP/k256,mode=aes-256-cbc" \
		--keyfile-fd 5 --cipher aes-256-cbc 5<"$TMP/k256"
	there_and_back pbkdf2-128 0001 "pwdfile=$TMP/password" --pwdfile "$TMP/password"
	there_and_back pbkdf2-256 0009 "pwdfile=$TMP/password,mode=aes-256-cbc,kdf=pbkdf2" \
		--pwdfile-fd 5 --cipher aes-256-cbc 5<"$TMP/password"
	there_and_back sha512-128 0001 "pwdfile=$TMP/password,kdf=sha512"
	there_and_back sha512-256 0009 "pwdfile=$TMP/password,mode=aes-256-cbc,kdf=sha512"
	printf '0123456789abcdef' >"$TMP/kbinary"
	there_and_back binary 0001 "file=$TMP/kbinary,format=binary,mode=aes-128-cbc"
}

# Debian's swtpm_setup, with its swtpm and with ours.
their_setup() {
	local program state
	for program in "$THEIRS" "$OURS"; do
		state=$(mktemp -d "$TMP/their.XXX")
		ok "Debian's swtpm_setup by $program" "$THEIR_SETUP" --tpm "$program socket" --tpm2 \
			--tpmstate "$state" --createek --pwdfile "$TMP/password" \
			--cipher aes-256-cbc --logfile "$TMP/their.log"
		encrypted "$state" 0009
		ok "we serve it" serve "$OURS" "dir=$state" \
			--key "pwdfile=$TMP/password,mode=aes-256-cbc" --flags startup-clear
		ok "end" end "$state/.lock"
	done
}

# What does not fit is refused before anything is changed.
wrong() {
	local state=$TMP/hex128 before row
	before=$(cat "$state"/* | sha256sum)
	while read -r -a row; do
		fails "refused: ${row[*]}" serve "$OURS" "dir=$state" --flags not-need-init "${row[@]}"
		init_fails "${row[*]}" "$OURS" "dir=$state" "${row[@]}"
	done <<-END
		--key file=$TMP/wrong
		--key file=$TMP/k256,mode=aes-256-cbc
		--key pwdfile=$TMP/password
		--key file=$TMP/k256,mode=aes-256-gcm
	END
	fails "a key that is not there" serve "$OURS" "dir=$state" --key "file=$TMP/none"
	init_fails "as with swtpm" "$THEIRS" "dir=$state" --key "file=$TMP/wrong"
	init_fails "no key" "$OURS" "dir=$state"
	init_fails "no key" "$THEIRS" "dir=$state"
	fails "no key" serve "$OURS" "dir=$state" --flags not-need-init
	says "is named" 'state is encrypted'
	says "and what opens it" 'odcasim swtpm socket --tpm2 --key file='
	exits 1 "run" "$ODCASIM" run --state "$state"
	says "says so, too" 'odcasim swtpm socket --tpm2 --key file='
	ok "states" "$OURS" socket --tpm2 --print-states --tpmstate "dir=$state" --key "file=$TMP/k128"
	says "are there" '"name": "permall", "size": [0-9]+'
	exits 1 "other PCR banks with another key" "$SETUP" --tpm2 --tpmstate "$state" --reconfigure \
		--pcr-banks sha384 --keyfile "$TMP/wrong"
	is "nothing was changed" "$(cat "$state"/* | sha256sum)" "$before"
	ok "other PCR banks" "$SETUP" --tpm2 --tpmstate "$state" --reconfigure \
		--pcr-banks sha384 --keyfile "$TMP/k128"
	encrypted "$state" 0001
	mkdir "$TMP/plain"
	ok "a plain state" "$SETUP" --tpm2 --tpmstate "$TMP/plain"
	before=$(sum "$TMP/plain")
	init_fails "with a key" "$OURS" "dir=$TMP/plain" --key "file=$TMP/k128"
	fails "with a key" serve "$OURS" "dir=$TMP/plain" --key "file=$TMP/k128" --flags startup-clear
	says "is refused" 'is not encrypted, and a key is given'
	is "and stays" "$(sum "$TMP/plain")" "$before"
}

# Whatever is there, --overwrite replaces it.
overwrite() {
	local state=$TMP/sha512-128
	ok "over an encrypted state" "$SETUP" --tpm2 --tpmstate "$state" --overwrite
	encrypted "$state" 0000
	head -c 1000 /dev/urandom >"$state/tpm2-00.permall"
	exits 1 "over a damaged one only when asked" "$SETUP" --tpm2 --tpmstate "$state"
	ok "over a damaged one" "$SETUP" --tpm2 --tpmstate "$state" --overwrite --keyfile "$TMP/k128"
	encrypted "$state" 0001
	rm "$state/odcasim.json"
	: >"$state/tpm2-00.permall"
	ok "over an empty one" "$SETUP" --tpm2 --tpmstate "$state" --overwrite
	ok "verify" "$ODCASIM" verify --state "$state"
}

# From host to host: the way's key around the state.
way() { # NAME FROM TO KEY
	local want
	mkdir "$TMP/from-$1" "$TMP/to-$1"
	ok "$1: mint" "$SETUP" --tpm2 --tpmstate "$TMP/from-$1" --keyfile "$TMP/k128"
	ok "$1: source" serve "$2" "dir=$TMP/from-$1" --key "file=$TMP/k128" --migration-key "$4" \
		--flags not-need-init
	want=$(device)
	ok "$1: keys" ioctl -g
	says "are both" '0x3$'
	rm -f "$TMP"/*.blob
	ok "$1: save" ioctl --save permanent "$TMP/permanent.blob"
	ok "$1: save" ioctl --save volatile "$TMP/volatile.blob"
	ok "$1: end" end "$TMP/from-$1/.lock"
	# The target's files have another key.
	ok "$1: target" serve "$3" "dir=$TMP/to-$1" \
		--key "pwdfile=$TMP/password" --migration-key "$4"
	ok "$1: load" ioctl --load permanent "$TMP/permanent.blob"
	ok "$1: load" ioctl --load volatile "$TMP/volatile.blob"
	ok "$1: init" ioctl -i
	is_device "$1: the device came along" "$want"
	ok "$1: end" end "$TMP/to-$1/.lock"
	encrypted "$TMP/to-$1" 0001
}

# A blob that does not open leaves the target's state as it is.
wrong_way() {
	local before
	mkdir "$TMP/wrong-way"
	ok "mint" "$SETUP" --tpm2 --tpmstate "$TMP/wrong-way" --keyfile "$TMP/k128"
	before=$(sum "$TMP/wrong-way")
	ok "with another key for the way" serve "$OURS" "dir=$TMP/wrong-way" --key "file=$TMP/k128" \
		--migration-key "file=$TMP/wrong"
	fails "what comes is refused" ioctl --load permanent "$TMP/permanent.blob"
	says "by TPM_DECRYPT_ERROR" '0x21'
	ok "end" end "$TMP/wrong-way/.lock"
	ok "without one" serve "$OURS" "dir=$TMP/wrong-way" --key "file=$TMP/k128"
	fails "what comes is refused" ioctl --load permanent "$TMP/permanent.blob"
	says "by TPM_KEYNOTFOUND" '0xd\b'
	ok "end" end "$TMP/wrong-way/.lock"
	is "the state is as it was" "$(sum "$TMP/wrong-way")" "$before"
}

# Ours alone: swtpm refuses it, and changes nothing.
modern() {
	local state=$TMP/modern key=pwdfile=$TMP/password,mode=aes-256-gcm want before
	mkdir "$state"
	ok "aes-256-gcm" "$SETUP" --tpm2 --tpmstate "$state" --pwdfile "$TMP/password" \
		--cipher aes-256-gcm
	ok "we serve" serve "$OURS" "dir=$state" --key "$key,kdf=scrypt" --flags not-need-init
	want=$(device)
	ok "end" end "$state/.lock"
	before=$(sum "$state")
	ok "again" serve "$OURS" "dir=$state" --key "$key" --flags not-need-init
	is_device "it is the device" "$want"
	ok "end" end "$state/.lock"
	isnt "it was written" "$(sum "$state")" "$before"
	before=$(sum "$state")
	fails "another passphrase" serve "$OURS" "dir=$state" \
		--key "pwdfile=$TMP/other,mode=aes-256-gcm" --flags not-need-init
	fails "another mode" serve "$OURS" "dir=$state" --flags not-need-init \
		--key "pwdfile=$TMP/password,mode=aes-256-cbc"
	says "is named" 'the state is of aes-256-gcm'
	fails "kdf=pbkdf2" serve "$OURS" "dir=$state" --key "$key,kdf=pbkdf2"
	fails "swtpm" serve "$THEIRS" "dir=$state" --flags not-need-init \
		--key "pwdfile=$TMP/password,mode=aes-256-cbc"
	fails "swtpm without a key" serve "$THEIRS" "dir=$state" --flags not-need-init
	is "it stays" "$(sum "$state")" "$before"
}

migration() {
	way "ours to ours" "$OURS" "$OURS" "pwdfile=$TMP/password,mode=aes-256-gcm"
	way "ours to theirs" "$OURS" "$THEIRS" "file=$TMP/k256,mode=aes-256-cbc"
	way "theirs to ours" "$THEIRS" "$OURS" "pwdfile=$TMP/password,kdf=sha512"
}

keys
their_setup
wrong
overwrite
migration
wrong_way
modern
finish
