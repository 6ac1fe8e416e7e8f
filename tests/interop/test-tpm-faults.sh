#!/usr/bin/env bash
# Commands of the TPM that fail on purpose, as tpm2-tools see them.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_getrandom tpm2_nvread tpm2_nvdefine tpm2_pcrread od

serve() { # FAULT...
	local options=()
	for fault; do options+=(--fault "$fault"); done
	start --startup clear --log info "${options[@]}"
}

# --- answers ---------------------------------------------------------------------------

# tpm2-tss tries again by itself.
serve tpm.retry,on=GetRandom,count=3
ok "retry, three times" tpm2_getrandom --hex 4
is "the log has them" "$(grep -c 'fault=tpm.retry$' log)" 3
stop

serve tpm.lockout,on=NV_Read,after=1
ok "lockout, not the first time" tpm2_nvread -C o -s 64 0x1c00002 -o first
fails "the second time" tpm2_nvread -C o -s 64 0x1c00002 -o second
says "says so" '0x921|lockout'
ok "other commands go on" tpm2_getrandom --hex 4
stop

serve tpm.nv-unavailable,on=NV_DefineSpace
fails "NV that is not there" tpm2_nvdefine 0x1500016 -C o -s 8
says "says so" 0x00000923
ok "the indices" tpm2_getcap handles-nv-index
is "nothing was defined" "$(grep -ci 0x1500016 out)" 0
stop

serve tpm.failure,on=GetRandom,after=1
ok "healthy" tpm2_getrandom --hex 4
fails "failure mode" tpm2_getrandom --hex 4
says "says so" 0x101
fails "of the whole TPM" tpm2_pcrread sha256:0
says "says so, too" 0x101
stop

# --- time -----------------------------------------------------------------------------

serve tpm.slow=700,on=GetRandom
before=${EPOCHREALTIME/./}
ok "slow" tpm2_getrandom --hex 4
took=$(((${EPOCHREALTIME/./} - before) / 1000))
ok "it took $took ms" test $took -ge 700
stop

# --- pieces ---------------------------------------------------------------------------

# Who reads already sees what has come: less than all of it, unless it was late.
serve tpm.split,on=GetRandom
exec 3<>"/dev/tcp/127.0.0.1/$PORT"
for _ in {1..20}; do
	dd bs=4096 count=1 <&3 >piece 2>/dev/null &
	printf '\x80\x01\0\0\0\x0c\0\0\x01\x7b\0\x20' >&3
	wait $!
	dd bs=1 count=$((44 - $(stat -c %s piece))) <&3 >rest 2>/dev/null
	[ "$(stat -c %s piece)" = 44 ] || break
done
exec 3>&-
ok "a response comes in pieces" test "$(stat -c %s piece)" -lt 44
cat piece rest >whole
is "together they are one" "$(od -An -tx1 -N 10 whole | tr -d ' \n')" 80010000002c00000000
stop

# --- the command line ------------------------------------------------------------------

draw() { # SEED
	start --startup clear --fault tpm.lockout,on=GetRandom,prob=50% --fault-seed "$1"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		tpm2_getrandom --hex 1 >/dev/null 2>&1 && printf 1 || printf 0
	done
	stop
}
one=$(draw one)
is "the same seed, the same run" "$(draw one)" "$one"
isnt "another seed, another run" "$(draw two)" "$one"

ok "exec" "$ODCASIM" exec --fault tpm.lockout,on=GetRandom --fault chain.missing -- \
	sh -c '! tpm2_getrandom --hex 1 && ! tpm2_nvreadpublic 0x1c00100'
ok "a seed that was drawn" "$ODCASIM" exec --fault tpm.slow=1,prob=50% -- true
says "is said unasked" 'warn fault --fault-seed [0-9a-f]{16} replays this run'
exits 2 "an unknown fault" "$ODCASIM" exec --fault tpm.retri -- true
says "what was meant" "did you mean 'tpm.retry'"
exits 2 "an unknown command" "$ODCASIM" exec --fault tpm.retry,on=GetRandm -- true
exits 2 "mint has no TPM that runs" "$ODCASIM" mint --state no --fault tpm.retry
ok "nothing was made" test ! -e no
ok "explain" "$ODCASIM" faults tpm.split
says "whose option" 'option of +run, exec'
finish
