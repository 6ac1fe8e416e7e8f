#!/usr/bin/env bash
# swtpm's channels, by its own clients: swtpm_ioctl, tpm2-tss' TCTI "swtpm", and
# states that go from swtpm to us and back while the TPM is on.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs swtpm swtpm_ioctl tpm2_getcap tpm2_pcrread

CTRL=$TMP/ctrl

# Serve a device on both channels; DATA is its port.
channels() { # STATE OPTION...
	if ! launch "$ODCASIM" run --state "$1" --swtpm-ctrl "unix:$CTRL" \
		--swtpm-data "127.0.0.1:${DATA:-0}" "${@:2}"; then
		echo "not ok $((CASES + 1)) - odcasim run $*"
		sed 's/^/#   /' "$TMP/log"
		exit 1
	fi
	DATA=${READY##*\"swtpm_data\":\"127.0.0.1:}
	DATA=${DATA%%\"*}
}

# Debian's swtpm on the same channels.
swtpm_channels() { # STATE
	rm -f "$TMP/pid"
	swtpm socket --tpm2 --tpmstate dir="$1" --ctrl type=unixio,path="$CTRL" \
		--server type=tcp,port="$DATA" --pid file="$TMP/pid" --daemon 2>"$TMP/swtpm.log"
	SERVERS+=("$(cat "$TMP/pid")")
}

ioctl() { # OPTION...
	timeout 30 swtpm_ioctl --unix "$CTRL" "$@"
}

# A command on the data channel, and so many octets of response.
command() { # HEX COUNT
	exec {FD}<>"/dev/tcp/127.0.0.1/$DATA"
	send "$FD" "$1"
	receive "$FD" "$2"
	exec {FD}>&-
}

startup() { # 0000 clear, 0001 state
	is "TPM2_Startup($1)" "$(command "80010000000c00000144$1" 10)" 80010000000a00000000
}

# PCR 16 in the SHA-256 bank, and extending it.
PCR_READ=800100000014 PCR_READ+=0000017e00000001000b03000001
PCR_EXTEND=80020000004100000182000000100000000940000009000000000000000001000b
PCR_EXTEND+=$(printf '5a%.0s' {1..32})

pcr16() {
	command "$PCR_READ" 62 | tail -c 64
}

extend() {
	is "PCR_Extend" "$(command "$PCR_EXTEND" 19)" 80020000001300000000000000000000010000
}

control() {
	channels "$TMP/dev" --family adl --seed swtpm
	ok "capabilities" ioctl -c
	says "all of them" '0x1ffff$'
	ok "stop" ioctl --stop
	is "no power: TPM_RC_FAILURE" "$(command 80010000000c0000017b0008 10)" 80010000000a00000101
	ok "init" ioctl -i
	startup 0000
	ok "tpmEstablished" ioctl -e
	says "is not" 'is 0$'
	ok "locality 4" ioctl -l 4
	ok "locality 0" ioctl -l 0
	ok "hash" ioctl -h odcasim
	ok "tpmEstablished" ioctl -e
	says "is, after a hash" 'is 1$'
	fails "reset it at locality 0" ioctl -r 0
	ok "at locality 3" ioctl -r 3
	ok "tpmEstablished" ioctl -e
	says "is not any more" 'is 0$'
	ok "cancel" ioctl -C
	ok "configuration" ioctl -g
	says "no keys" '0x0$'
	fails "buffer size while on" ioctl -b 3000
	ok "stop" ioctl --stop
	ok "buffer size" ioctl -b 3000
	says "is that" 'buffersize: 3000$'
	ok "info" ioctl --info 7
	says "is JSON" '^\{"TPMSpecification":\{"family":"2.0",'
	says "of the device" '"manufacturer":"id:494E5443","version":"id:02580012","model":"ADL"'
	ok "store volatile after init" ioctl -i
	ok "store volatile" ioctl -v
	ok "is a file" test -s "$TMP/dev/tpm2-00.volatilestate"
	fails "an unknown TPM command code" test "$(command 80010000000a00000001 10)" = 80010000000a00000000
}

# Any number of control clients: one that says nothing hinders nobody.
many() {
	local idle
	channels "$TMP/many" --swtpm-ctrl 127.0.0.1:0
	idle=${READY##*\"swtpm_ctrl\":\"127.0.0.1:}
	idle=${idle%%\"*}
	exec {FD}<>"/dev/tcp/127.0.0.1/$idle"
	send "$FD" 000000
	ok "beside a client that is in the middle of a request" \
		timeout 30 swtpm_ioctl --tcp "127.0.0.1:$idle" -g
	is "which is left when it says no more" "$(receive "$FD" 8)" ""
	exec {FD}>&-
	ok "ends on SIGTERM" stop
}

# What is lost with the power comes along: a PCR, with its TPM on.
migrate() { # TITLE FROM-STATE TO-STATE
	rm -f "$TMP"/*.blob
	ok "$1: permanent state" ioctl --save permanent "$TMP/permanent.blob"
	ok "$1: volatile state" ioctl --save volatile "$TMP/volatile.blob"
	ok "$1: the source ends" ioctl -s
}

load() { # TITLE
	ioctl --stop >/dev/null 2>&1
	ok "$1: load permanent state" ioctl --load permanent "$TMP/permanent.blob"
	ok "$1: load volatile state" ioctl --load volatile "$TMP/volatile.blob"
	ok "$1: init" ioctl -i
}

# PCR 16 as it is after extend().
wanted_pcr() { # BEFORE
	{
		# shellcheck disable=SC2001,SC2059 # the format is the bytes
		printf "$(sed 's/../\\x&/g' <<<"$1")"
		printf '\x5a%.0s' {1..32}
	} | sha256sum | cut -c 1-64
}

cross() {
	local zero once twice
	zero=$(printf '00%.0s' {1..32})
	ok "stop" ioctl --stop
	ok "init" ioctl -i
	startup 0000
	extend
	once=$(wanted_pcr "$zero")
	is "PCR 16" "$(pcr16)" "$once"
	migrate "odcasim to swtpm"
	wait "$PID"
	is "odcasim ends with SHUTDOWN" "$?" 0
	forget

	mkdir "$TMP/theirs"
	swtpm_channels "$TMP/theirs"
	load "odcasim to swtpm"
	is "PCR 16 came along to swtpm" "$(pcr16)" "$once"
	extend
	twice=$(wanted_pcr "$once")
	migrate "swtpm to odcasim"

	DATA=0
	channels "$TMP/back" --family adl --seed other
	load "swtpm to odcasim"
	is "PCR 16 came along to odcasim" "$(pcr16)" "$twice"
}

# What is not a state changes nothing.
bad_blobs() {
	local before
	ioctl --stop
	before=$(sha256sum "$TMP/back/tpm2-00.permall")
	head -c 600 "$TMP/permanent.blob" >"$TMP/cut"
	fails "a blob that is cut" ioctl --load permanent "$TMP/cut"
	{
		printf '\x03\x03'
		tail -c +3 "$TMP/permanent.blob"
	} >"$TMP/newer"
	fails "a blob of a version that is not ours" ioctl --load permanent "$TMP/newer"
	{
		head -c 100 "$TMP/permanent.blob"
		head -c $(($(stat -c %s "$TMP/permanent.blob") - 100)) /dev/zero
	} >"$TMP/zeros"
	fails "a blob that libtpms does not take" ioctl --load permanent "$TMP/zeros"
	fails "a volatile state that is none" ioctl --load volatile "$TMP/permanent.blob"
	is "the state is as it was" "$(sha256sum "$TMP/back/tpm2-00.permall")" "$before"
	ok "init" ioctl -i
}

# A device that is served so is verified through the TCTI of swtpm's.
tcti() {
	local base
	ok "stop" ioctl -s
	wait "$PID"
	forget
	for base in $(shuf -i 20000-50000 -n 20); do
		launch "$ODCASIM" run --family adl --seed tcti --startup clear \
			--swtpm-ctrl "127.0.0.1:$((base + 1))" --swtpm-data "127.0.0.1:$base" && break
	done
	export TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$base
	ok "tpm2-tools by swtpm's TCTI" tpm2_getcap properties-fixed
	says "see PTT" '^  *value: *"INTC"'
	ok "verify by swtpm's TCTI" "$ODCASIM" verify --tcti "$TPM2TOOLS_TCTI"
	says "accepts" '^accepted'
	ok "ends on SIGTERM" stop
}

many
DATA=0
control
cross
bad_blobs
tcti
finish
