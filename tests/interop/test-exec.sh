#!/usr/bin/env bash
# odcasim exec -- CMD: a device beside a command, for CI.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_getrandom openssl

# Where its temporary directories go, so that we see what stays.
mkdir scratch
export TMPDIR=$TMP/scratch

left_behind() {
	find "$TMP/scratch" -mindepth 1
}

in_exec() { # SHELL-SCRIPT
	"$ODCASIM" exec --family adl -- sh -c "$1"
}

ok "tpm2-tools find the TPM" "$ODCASIM" exec -- tpm2_getrandom --hex 8
is "and print what it says" "$(wc -c <"$TMP/out" | tr -d ' ')" 16
ok "no output but the command's" "$ODCASIM" exec -- true
is "nothing at all" "$(cat "$TMP/out")" ""
ok "family of choice" in_exec 'tpm2_getcap properties-fixed'
says "is served" 'value: "ADL"'
exits 7 "exit status of the command" "$ODCASIM" exec -- sh -c 'exit 7'
exits 143 "a command that a signal ended" "$ODCASIM" exec -- sh -c 'kill -TERM $$'
exits 127 "a command that does not exist" "$ODCASIM" exec -- no-such-command-here
says "is named" 'no-such-command-here'
is "nothing stays behind" "$(left_behind)" ""

ok "environment" in_exec 'env'
cp "$TMP/out" environment
for line in 'TPM2TOOLS_TCTI=mssim:' 'TSS2_TCTI=mssim:' 'TPM_INTERFACE_TYPE=socsim' \
	'TPM_COMMAND_PORT=[0-9]+' 'TPM_PLATFORM_PORT=[0-9]+' 'ODCASIM_STATE=/' 'ODCASIM_ROOT=/'; do
	cp environment "$TMP/out"
	says "environment has $line" "^$line"
done
ok "the state is there while it runs" in_exec 'test -s "$ODCASIM_STATE/tpm2-00.permall"'
ok "the root is a certificate" in_exec 'openssl x509 -in "$ODCASIM_ROOT" -noout -subject'
says "and says TEST" 'TEST'
if command -v tssgetrandom >/dev/null; then
	ok "IBM TSS finds the TPM" in_exec 'tssgetrandom -by 8'
fi
ok "standard input is the command's" in_exec 'read -r word; test "$word" = hello' <<<hello
ok "a kept state" "$ODCASIM" exec --state "$TMP/kept" --seed exec -- tpm2_getrandom -Q 4
ok "stays" test -s kept/tpm2-00.permall
ok "and is used again" "$ODCASIM" exec --state "$TMP/kept" -- tpm2_getrandom -Q 4
is "nothing else stays behind" "$(left_behind)" ""
"$ODCASIM" run --state "$TMP/kept" --mssim 127.0.0.1:0 <&- >&- 2>&-
is "closed descriptors: no place to say ready" "$?" 1
is "and nothing is written to another file" "$(cat kept/.lock)" ""
exits 2 "no command" "$ODCASIM" exec --family tgl

# Fuses and CA keys follow from a seed: ps(1) does not show it.
# shellcheck disable=SC2016 # its own parent
ok "with a seed" "$ODCASIM" exec --seed lab-secret -- \
	bash -c 'tr "\0" " " </proc/$PPID/cmdline'
fails "that is not in the command line" grep -q lab-secret "$TMP/out"

# SIGTERM reaches the command, and exec ends as the command does.
# (A trap of bash may miss it.)
launch "$ODCASIM" exec -- "$PYTHON" -c 'import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
print("running", flush=True)
sys.exit(5 if signal.sigwait({signal.SIGTERM}) else 1)'
is "a command runs" "$READY" running
kill "$PID"
wait "$PID"
is "SIGTERM goes to the command" "$?" 5
forget
is "and nothing stays behind then" "$(left_behind)" ""
finish
