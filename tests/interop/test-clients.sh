#!/usr/bin/env bash
# Many clients at once: nobody's idle or half-finished connection stops others.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_getrandom

start --family tgl
ok "startup" tpm2_startup -c

exec {idle}<>"/dev/tcp/127.0.0.1/$PORT"
exec {idle_platform}<>"/dev/tcp/127.0.0.1/$((PORT + 1))"
ok "beside two idle connections" timeout 30 tpm2_getrandom -Q 8
exec {half}<>"/dev/tcp/127.0.0.1/$PORT"
send "$half" '00000008 00 0000000c 8001 0000'
ok "beside half a command" timeout 30 tpm2_getrandom -Q 8
send "$half" '000c 0000017b 0004'
is "which is answered when the rest comes" "$(receive "$half" 8)" 0000001080010000
is "to its end" "$(receive "$half" 16 | cut -c 1-12)" 001000000000
ok "beside one that is gone in the middle of a command" timeout 30 tpm2_getrandom -Q 8
exec {gone}<>"/dev/tcp/127.0.0.1/$PORT"
send "$gone" '00000008 00 0000000c 8001'
exec {gone}>&-
exec {gone}<>"/dev/tcp/127.0.0.1/$PORT"
send "$gone" '00000008 00 0000000c 8001 0000000c 0000017b 0020'
exec {gone}>&-
ok "and one that is gone before its answer" timeout 30 tpm2_getrandom -Q 8

# Pipelined: three commands in one segment, answered in order.
exec {pipe}<>"/dev/tcp/127.0.0.1/$PORT"
read='00000008 00 0000000c 8001 0000000c 0000017b 0001'
send "$pipe" "$read $read $read"
is "three commands in one segment, three answers" \
	"$(receive "$pipe" $((3 * (4 + 13 + 4))) | wc -c)" $((6 * (4 + 13 + 4)))

# Several at once, each with work to do.
clients=()
for n in 1 2 3 4 5 6; do
	{ for _ in 1 2 3 4 5; do tpm2_getrandom -Q 8 || exit 1; done; } &
	clients+=("$!")
done
for n in "${!clients[@]}"; do
	wait "${clients[n]}"
	is "client $n of six" "$?" 0
done

# RSA key generation takes its time; the platform port answers meanwhile, and
# cancels it. 0x131 CreatePrimary(owner), RSA-2048 storage key, empty PCRs.
primary='8002 00000043 00000131 40000001 00000009 40000009 0000 00 0000'
primary="$primary 0004 0000 0000 001a 0001 000b 00030072 0000 0006 0080 0043 0010 0800 00000000 0000 0000 00000000"
exec {work}<>"/dev/tcp/127.0.0.1/$PORT"
cancelled=
for _ in {1..40}; do
	send "$idle_platform" 00000009
	is_ack=$(receive "$idle_platform" 4)
	[ "$is_ack" = 00000000 ] || break
	send "$work" "00000008 00 00000043 $primary"
	size=$(receive "$work" 4)
	answer=$(receive "$work" $((0x$size)))
	receive "$work" 4 >/dev/null
	send "$idle_platform" 0000000a
	receive "$idle_platform" 4 >/dev/null
	cancelled=${answer:12:8}
	[ "$cancelled" = 00000909 ] && break
	tpm2_flushcontext -Q -t
done
is "RSA key generation under CANCEL_ON ends with TPM_RC_CANCELED" "$cancelled" 00000909
ok "after CANCEL_OFF it goes on" tpm2_getrandom -Q 8

# While a key is made, the platform port answers at once.
send "$work" "00000008 00 00000043 $primary"
send "$idle_platform" 00000009
is "CANCEL_ON is acknowledged while a key is made" "$(receive "$idle_platform" 4)" 00000000
size=$(receive "$work" 4)
isnt "and the key generation is answered" "$size" ""
receive "$work" $((0x$size + 4)) >/dev/null
send "$idle_platform" 0000000a
is "CANCEL_OFF" "$(receive "$idle_platform" 4)" 00000000
send "$idle" '00000008 00 0000000c 8001 0000000c 0000017b 0004'
is "the idle one is served, too" "$(receive "$idle" 8)" 0000001080010000
ok "server ends well with connections open" stop

# Other addresses: both loopbacks by name, and UNIX sockets.
launch "$ODCASIM" run --mssim unix:socket --mssim localhost:0
isnt "a server on a UNIX socket and on localhost" "$READY" ""
is "its TCTI can be used from anywhere" \
	"$(sed -n 's/.*"tcti":"\([^"]*\)".*/\1/p' <<<"$READY")" "mssim:path=$(realpath socket)"
is "sockets are for the owner only" "$(stat -c %a socket socket.ctrl | tr '\n' ' ')" "600 600 "
export TPM2TOOLS_TCTI=mssim:path=$TMP/socket
ok "startup over the UNIX socket" tpm2_startup -c
ok "getrandom over the UNIX socket" tpm2_getrandom -Q 8
ok "server ends well" stop
is "its sockets are gone" "$(find . -name 'socket*')" ""
for host in 127.0.0.1 localhost; do
	launch "$ODCASIM" run --mssim localhost:0
	port=${READY#*port=}
	export TPM2TOOLS_TCTI=mssim:host=$host,port=${port%%\"*}
	ok "localhost, asked for as $host: startup" tpm2_startup -c
	ok "server ends well" stop
done
finish
