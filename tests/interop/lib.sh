# shellcheck shell=bash
# lib.sh - what the interop tests share: a server to talk to, and TAP lines.
#
# Real clients judge here, never our own code.  Nothing sleeps: a server says
# on stdout when it is ready, and a pipe that closes says when it is gone.
set -uo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
ODCASIM=$(realpath "${ODCASIM:-$TOP/build/odcasim}")
# shellcheck disable=SC2034 # for the tests
REFERENCE=$TOP/../shared/reference/odca
# The system's own: a script that looks for one takes ten times as long.
PYTHON=/usr/bin/python3
[ -x "$PYTHON" ] || PYTHON=python3
TMP=$(mktemp -d "${TMPDIR:-/tmp}/odcasim-test.XXXXXX")
unset TPM2TOOLS_TCTI TSS2_TCTI TCTI
cd "$TMP" || exit 1

SERVERS=()

cleanup() {
	local pid
	for pid in ${SERVERS[@]+"${SERVERS[@]}"}; do
		kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
	done
	cd / && rm -rf "$TMP"
}
trap cleanup EXIT
trap 'exit 1' TERM INT

# --- TAP -----------------------------------------------------------------------

CASES=0 FAILED=0

verdict() { # STATUS DESCRIPTION; $TMP/why explains a failure
	CASES=$((CASES + 1))
	if [ "$1" = 0 ]; then
		echo "ok $CASES - $2"
	else
		FAILED=$((FAILED + 1))
		echo "not ok $CASES - $2"
		sed 's/^/#   /' "$TMP/why"
	fi
	return "$1"
}

# Run a command for a verdict; its output stays in $TMP/out.
STATUS=0
try() { # COMMAND...
	STATUS=0
	"$@" >"$TMP/out" 2>&1 || STATUS=$?
	{
		echo "$* (exit status $STATUS)"
		cat "$TMP/out"
	} >"$TMP/why"
}

# The command succeeds.
ok() { # DESCRIPTION COMMAND...
	try "${@:2}"
	verdict "$STATUS" "$1"
}

# The command ends with this exit status.
exits() { # STATUS DESCRIPTION COMMAND...
	try "${@:3}"
	verdict $((STATUS != $1)) "$2"
}

# The command fails, whatever its exit status; a crash is no way to.
fails() { # DESCRIPTION COMMAND...
	try "${@:2}"
	verdict $((STATUS == 0 || STATUS > 128)) "$1"
}

is() { # DESCRIPTION HAVE WANT
	local status=0
	[ "$2" = "$3" ] || status=1
	printf 'have: %s\nwant: %s\n' "$2" "$3" >"$TMP/why"
	verdict $status "$1"
}

isnt() { # DESCRIPTION HAVE UNWANTED
	local status=0
	[ "$2" != "$3" ] || status=1
	printf 'have: %s\n' "$2" >"$TMP/why"
	verdict $status "$1"
}

# The last command's output has a line that matches.
says() { # DESCRIPTION EXTENDED-REGEX
	local status=0
	grep -qE -- "$2" "$TMP/out" || status=1
	{
		printf 'want: %s\nin:\n' "$2"
		cat "$TMP/out"
	} >"$TMP/why"
	verdict $status "$1"
}

# A case that cannot be had here.
skipped() { # DESCRIPTION REASON
	CASES=$((CASES + 1))
	echo "ok $CASES - $1 # SKIP $2"
}

finish() {
	echo "1..$CASES"
	exit $((FAILED > 0))
}

skip() { # REASON ("optional: ..." when nobody needs to mind)
	echo "1..0 # SKIP $1"
	exit 77
}

needs() { # PROGRAM...
	local program
	for program; do
		command -v "$program" >/dev/null ||
			skip "no program '$program' (scripts/bootstrap --test)"
	done
}

# --- servers -------------------------------------------------------------------

# Start a program that prints a ready line; sets PID and READY.
launch() { # COMMAND...
	rm -f "$TMP/ready"
	mkfifo "$TMP/ready"
	"$@" >"$TMP/ready" 2>"$TMP/log" </dev/null &
	PID=$!
	SERVERS+=("$PID")
	exec {READY_FD}<"$TMP/ready"
	READY=
	IFS= read -r -t 60 READY <&"$READY_FD"
	[ -n "$READY" ]
}

# Serve a device on free ports; sets TCTI and PORT for the clients.
start() { # OPTION...
	if ! launch "$ODCASIM" run --mssim 127.0.0.1:0 "$@"; then
		echo "not ok $((CASES + 1)) - odcasim run $*"
		sed 's/^/#   /' "$TMP/log"
		exit 1
	fi
	TCTI=${READY#*\"tcti\":}
	TCTI=${TCTI#*\"}
	TCTI=${TCTI%%\"*}
	PORT=${TCTI##*port=}
	export TPM2TOOLS_TCTI=$TCTI TSS2_TCTI=$TCTI
	export TPM_INTERFACE_TYPE=socsim TPM_SERVER_TYPE=mssim TPM_SERVER_NAME=127.0.0.1
	export TPM_COMMAND_PORT=$PORT TPM_PLATFORM_PORT=$((PORT + 1)) TPM_DATA_DIR=$TMP
}

# End the server politely; its exit status.
stop() {
	local status=0
	kill "$PID"
	wait "$PID" || status=$?
	forget
	return $status
}

# End it as a power cut does.
crash() {
	kill -9 "$PID"
	wait "$PID" 2>/dev/null
	forget
}

forget() {
	local pid left=()
	for pid in "${SERVERS[@]}"; do
		[ "$pid" = "$PID" ] || left+=("$pid")
	done
	SERVERS=(${left[@]+"${left[@]}"})
	exec {READY_FD}<&-
}

# --- raw connections -----------------------------------------------------------

# Bytes in hex to a file descriptor, and from one.
send() { # FD HEX
	# shellcheck disable=SC2001,SC2059 # the format is the bytes
	printf "$(sed 's/../\\x&/g' <<<"${2// /}")" >&"$1"
}

receive() { # FD COUNT
	timeout 30 head -c "$2" <&"$1" | od -An -v -tx1 | tr -d ' \n'
}

# --- certificates ----------------------------------------------------------------

# shellcheck disable=SC2034 # for the tests
EK_INDICES=(0x1c00002 0x1c0000a 0x1c00016)

# Read an NV index of the running TPM into a file. (tpm2-tools warn that they
# read all of it.)
nvread() { # INDEX FILE [AUTHORISATION]
	tpm2_nvread -Q -C "${3:-o}" -o "$2" "$1" 2>"$TMP/err"
}

# Split concatenated DER certificates into PREFIX-0.der, PREFIX-1.der ...
split_der() { # FILE PREFIX
	local offset=0 size n=0 head
	size=$(stat -c %s "$1")
	while [ "$offset" -lt "$size" ]; do
		head=$(od -An -v -tu1 -j "$offset" -N 4 "$1")
		# shellcheck disable=SC2086 # four numbers
		set -- "$1" "$2" $head
		[ "$3" = 48 ] && [ "$4" = 130 ] || return 1
		dd if="$1" of="$2-$n.der" bs=1 skip="$offset" \
			count=$(($5 * 256 + $6 + 4)) status=none
		offset=$((offset + $5 * 256 + $6 + 4))
		n=$((n + 1))
	done
	[ "$offset" = "$size" ]
}

to_pem() { # DER PEM
	openssl x509 -inform DER -in "$1" -out "$2"
}
