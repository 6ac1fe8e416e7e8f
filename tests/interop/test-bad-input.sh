#!/usr/bin/env bash
# Bad input gets a clear error, the right exit status, and nothing lost.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_getrandom swtpm_setup

# --- command line ------------------------------------------------------------------

exits 2 "unknown subcommand" "$ODCASIM" rnu
says "did you mean" "did you mean 'run'"
exits 2 "unknown option" "$ODCASIM" run --famly tgl
says "did you mean" "did you mean '--family'"
exits 2 "unknown family" "$ODCASIM" run --family tlg
says "did you mean" "did you mean 'tgl'"
exits 2 "unknown batch" "$ODCASIM" run --family tgl --batch 00002005
says "names it" '00002005'
exits 2 "option without its value" "$ODCASIM" run --family
exits 2 "mint without a directory" "$ODCASIM" mint --family tgl
says "asks for --state" '--state'
exits 2 "SVN of 0" "$ODCASIM" run --svn 0
exits 2 "SVN that is no number" "$ODCASIM" run --svn 1x
exits 2 "empty seed" "$ODCASIM" run --seed ''
exits 1 "PKI directory that is none" "$ODCASIM" mint --pki "$TMP" --state "$TMP/pki"
says "names it" "$TMP"
ok "and left no half a device" test ! -e pki/tpm2-00.permall
ok "bare name" "$ODCASIM" version
ok "--help" "$ODCASIM" run --help
for word in error usage; do
	ok "--help says no $word-like sentence on stderr" \
		test -z "$("$ODCASIM" run --help 2>&1 >/dev/null)"
done

ok "help of commands of two words" "$ODCASIM" ca --help
says "lists them" 'ca export'
exits 1 "help that cannot be printed" bash -c '"$0" help >/dev/full' "$ODCASIM"
says "says why" 'No space left on device'
exits 1 "a reproduction that cannot" bash -c '"$0" reproduce port-closed >/dev/full' "$ODCASIM"
says "says what" 'write to stdout'

# --- addresses ---------------------------------------------------------------------

exits 2 "an address that is not loopback" timeout 20 "$ODCASIM" run --mssim 0.0.0.0:0
says "says how to insist" '--allow-remote'
exits 2 "no port" timeout 20 "$ODCASIM" run --mssim 127.0.0.1
exits 2 "a port out of range" timeout 20 "$ODCASIM" run --mssim 127.0.0.1:70000

start --family tgl --state "$TMP/dir"
exits 1 "port in use" timeout 20 "$ODCASIM" run --mssim "127.0.0.1:$PORT"
says "names the port" "$PORT"
says "has a hint" '^hint:'

echo precious >file
exits 1 "a UNIX socket where a file is" timeout 20 "$ODCASIM" run --mssim "unix:$TMP/file"
says "names it" "$TMP/file"
is "and the file stays" "$(cat file)" precious
exits 2 "no room for the platform port" timeout 20 "$ODCASIM" run --mssim 127.0.0.1:65535
exits 1 "a ready line that cannot be written" \
	timeout 20 bash -c '"$0" run --mssim 127.0.0.1:0 >/dev/full' "$ODCASIM"
says "says why" 'No space left on device'

# --- a device that is there already ----------------------------------------------

ok "mint" "$ODCASIM" mint --state "$TMP/adl" --family adl --seed one
exits 1 "mint again" "$ODCASIM" mint --state "$TMP/adl" --family adl --seed one
for option in "--family tgl" "--seed two"; do
	# shellcheck disable=SC2086 # an option and its value
	exits 2 "run with another $option" timeout 20 "$ODCASIM" run --state "$TMP/adl" $option
	says "names the option" "${option% *}"
done

# --- frames ------------------------------------------------------------------------

# What the server answers to a frame, until it closes or COUNT octets came.
answer() { # PORT HEX COUNT
	local fd
	exec {fd}<>"/dev/tcp/127.0.0.1/$1"
	send "$fd" "$2"
	receive "$fd" "$3"
	exec {fd}>&-
}

ok "startup" tpm2_startup -c
is "a command over 1 MiB: closed without an answer" \
	"$(answer "$PORT" '00000008 00 00100001' 1)" ""
exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
{
	send "$fd" '00000008 00 00002000 8001 00002000 0000017b'
	head -c $((0x2000 - 10)) /dev/zero >&"$fd"
}
is "a command longer than the TPM takes: TPM_RC_COMMAND_SIZE" \
	"$(receive "$fd" 18)" 0000000a80010000000a0000014200000000
exec {fd}>&-
is "a header of another length: TPM_RC_COMMAND_SIZE" \
	"$(answer "$PORT" '00000008 00 0000000c 8001 0000000d 0000017b 0004' 18)" \
	0000000a80010000000a0000014200000000
is "an unknown code: closed" "$(answer "$PORT" 00000063 1)" ""
is "an unknown code on the platform port: 1, then closed" \
	"$(answer "$((PORT + 1))" 00000063 5)" 00000001
is "HTTP: closed" "$(answer "$PORT" "$(printf 'GET / HTTP/1.1\r\n\r\n' | od -An -v -tx1 | tr -d ' \n')" 1)" ""
ok "the TPM goes on" tpm2_getrandom -Q 8
ok "server ends well" stop

# --- verification ----------------------------------------------------------------------

ok "verify accepts a device" "$ODCASIM" verify --state "$TMP/dir"
exits 1 "verify of nothing" "$ODCASIM" verify --state "$TMP/nowhere"
mkdir theirs
ok "swtpm_setup, no certificates" swtpm_setup --tpm2 --tpmstate "$TMP/theirs"
exits 3 "verify of a TPM without EK certificate" "$ODCASIM" verify --state "$TMP/theirs"
mkdir signed
ok "swtpm_setup with its own CA" swtpm_setup --tpm2 --tpmstate "$TMP/signed" --create-ek-cert
exits 3 "verify of a certificate of another CA" "$ODCASIM" verify --state "$TMP/signed"

# A TPM of swtpm's that holds our EK certificate, and of our chain only a part.
ok "mint" "$ODCASIM" mint --state "$TMP/whole" --family adl
start --state "$TMP/whole"
tpm2_startup -c
nvread 0x1c00002 ek.der
nvread 0x1c00100 chain.der
stop
start --state "$TMP/theirs"
tpm2_startup -c
plant() { # INDEX FILE
	tpm2_nvundefine -Q -C o "$1" 2>/dev/null
	tpm2_nvdefine -Q -C o -s "$(stat -c %s "$2")" -a 'ownerwrite|ownerread|authread|no_da' "$1" &&
		tpm2_nvwrite -Q -C o -i "$2" "$1"
}
ok "plant an EK certificate" plant 0x1c00002 ek.der
exits 3 "chain missing" "$ODCASIM" verify --tcti "$TCTI"
says "says so" 'issuer|chain|PTT'
head -c 1500 chain.der >cut.der
ok "plant a cut chain" plant 0x1c00100 cut.der
exits 3 "chain cut" "$ODCASIM" verify --tcti "$TCTI"
says "says where" 'nv\.chain: .* offset 1[0-9]+: '
head -c 300 ek.der >cut.der
ok "plant a cut EK certificate" plant 0x1c00002 cut.der
exits 3 "EK certificate cut" "$ODCASIM" verify --tcti "$TCTI"
says "names the index" '0x01[cC]00002'
head -c 800 /dev/zero >zero.der
ok "plant zeros" plant 0x1c00002 zero.der
exits 3 "EK certificate of zeros" "$ODCASIM" verify --tcti "$TCTI"
exits 1 "no TPM there" timeout 20 "$ODCASIM" show --tcti mssim:host=127.0.0.1,port=1
exits 2 "a day that is none" "$ODCASIM" verify --tcti "$TCTI" --time 2030-02-30
exits 2 "a host of Intel's" "$ODCASIM" exec --pki-host tsci.Intel.com -- true
says "says so" "Intel's"
ok "server ends well" stop
finish
