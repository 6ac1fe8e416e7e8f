#!/usr/bin/env bash
# State: what was acknowledged survives, what is not ours is not touched, and
# swtpm opens what we made and the other way round.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread swtpm swtpm_setup

KILLS=${KILLS:-20}

sums() { # DIRECTORY
	(cd "$1" && find . -type f ! -name .lock -exec cksum {} + | sort -k 3)
}

# --- restart ---------------------------------------------------------------------

restart() {
	start --state "$TMP/dir"
	ok "startup" tpm2_startup -c
	ok "createprimary" tpm2_createprimary -Q -C o -c key.ctx
	ok "evictcontrol" tpm2_evictcontrol -Q -C o -c key.ctx 0x81000010
	ok "nvdefine" tpm2_nvdefine -Q -C o -s 8 -a 'ownerread|ownerwrite' 0x1500000
	ok "nvwrite" tpm2_nvwrite -Q -C o -i- 0x1500000 <<<"persist"
	tpm2_readpublic -Q -c 0x81000010 -f pem -o before.pem
	ok "stop" stop
	start --state "$TMP/dir"
	ok "startup after restart" tpm2_startup -c
	ok "persistent key after restart" tpm2_readpublic -Q -c 0x81000010 -f pem -o after.pem
	ok "the same key" cmp before.pem after.pem
	is "NV index after restart" "$(tpm2_nvread -C o 0x1500000)" "persist"

	exits 1 "second process on the directory" \
		timeout 20 "$ODCASIM" run --mssim 127.0.0.1:0 --state "$TMP/dir"
	says "names the directory" "$TMP/dir"
	says "says that it is in use" 'in use|another process|locked'
	ok "the first one goes on" tpm2_getrandom -Q 4
	ok "stop" stop
	is "state files are for the owner only" \
		"$(find "$TMP/dir" -type f ! -perm 600)" ""
	is "the directory too" "$(stat -c %a "$TMP/dir")" 700
}

# --- kill -9 ---------------------------------------------------------------------

# Increment an NV counter as fast as the client can; count what came back.
increment() { # FILE
	local n=0
	while tpm2_nvincrement -Q -C o 0x1500001 2>/dev/null; do
		n=$((n + 1))
		echo $n >"$1.new" && mv "$1.new" "$1"
		echo >&"$TICK"
	done
}

counter() {
	echo $((0x$(tpm2_nvread -C o 0x1500001 | od -An -v -tx1 | tr -d ' \n')))
}

kills() {
	local i before after acknowledged client
	mkfifo tick
	exec {TICK}<>tick
	start --state "$TMP/dir"
	ok "startup" tpm2_startup -c
	ok "define a counter" tpm2_nvdefine -Q -C o -a 'ownerread|ownerwrite|nt=counter' 0x1500001
	ok "first increment" tpm2_nvincrement -Q -C o 0x1500001
	for ((i = 1; i <= KILLS; i++)); do
		before=$(counter)
		echo 0 >acknowledged
		increment acknowledged &
		client=$!
		# After a few acknowledged ones, somewhere in the next: a client takes
		# about 20 ms. (The ready pipe says nothing more; this only waits.)
		head -c $((1 + i % 4)) <&"$TICK" >/dev/null
		read -r -t "$(printf '0.%03d' $((i * 7 % 25)))" -u "$READY_FD"
		crash
		wait "$client"
		read -r -t 0.001 -N 1000 -u "$TICK"
		acknowledged=$(cat acknowledged)
		start --state "$TMP/dir"
		ok "kill $i: startup" tpm2_startup -c
		after=$(counter)
		# The one under way may have been written, too.
		ok "kill $i: $acknowledged acknowledged, $((after - before)) there" \
			test "$after" -ge $((before + acknowledged)) \
			-a "$after" -le $((before + acknowledged + 1))
	done
	exec {TICK}>&-
	is "NV index after the kills" "$(tpm2_nvread -C o 0x1500000)" "persist"
	ok "stop" stop
	is "no temporary file stays" "$(find "$TMP/dir" -name '*.new' -o -name '*.tmp')" ""
}

# As a mint leaves it that is killed between the TPM and the descriptor's name.
interrupted_mint() {
	ok "mint" "$ODCASIM" mint --seed lab-0421 --state interrupted
	{
		sha256sum <interrupted/tpm2-00.permall | cut -c 1-64
		cat interrupted/odcasim.json
	} >interrupted/odcasim.json.ready
	rm interrupted/odcasim.json
	ok "the same device after an interrupted mint" \
		"$ODCASIM" exec --seed lab-0421 --state interrupted -- true
	ok "it has its descriptor" test -s interrupted/odcasim.json
}

# --- swtpm -----------------------------------------------------------------------

# A TPM command port of swtpm, by its own TCTI, on a socket that we pass.
swtpm_serve() { # DIRECTORY
	local port
	for port in {0..19}; do
		port=$((20000 + ($$ * 2 + port * 74) % 10000))
		swtpm socket --tpm2 --tpmstate dir="$1" --flags not-need-init,startup-clear \
			--server type=tcp,port=$port --ctrl type=tcp,port=$((port + 1)) \
			--pid file="$TMP/swtpm.pid" --daemon 2>"$TMP/swtpm.log" && break
	done
	SWTPM=$(cat "$TMP/swtpm.pid")
	export TPM2TOOLS_TCTI=swtpm:host=127.0.0.1,port=$port
}

swtpm_stop() {
	exec {gone}< <(tail --pid="$SWTPM" -f /dev/null)
	kill "$SWTPM"
	cat <&"$gone"
	exec {gone}<&-
}

swtpm_both_ways() {
	local index
	ok "mint" "$ODCASIM" mint --family adl --seed swtpm --state "$TMP/minted"
	start --state "$TMP/minted"
	ok "startup" tpm2_startup -c
	for index in "${EK_INDICES[@]}" 0x1c00100; do
		nvread "$index" "ours-$index"
	done
	ok "createek" tpm2_createek -Q -G rsa -c ek.ctx -u ours.pem -f pem
	stop
	swtpm_serve "$TMP/minted"
	for index in "${EK_INDICES[@]}" 0x1c00100; do
		nvread "$index" "theirs-$index"
		ok "swtpm serves what odcasim minted: $index" cmp "ours-$index" "theirs-$index"
	done
	ok "createek in swtpm" tpm2_createek -Q -G rsa -c ek.ctx -u theirs.pem -f pem
	ok "the same EK" cmp ours.pem theirs.pem
	swtpm_stop
	start --state "$TMP/minted"
	ok "startup after swtpm" tpm2_startup -c
	nvread 0x1c00002 again
	ok "and odcasim serves it again" cmp ours-0x1c00002 again
	stop

	mkdir theirs
	ok "swtpm_setup" swtpm_setup --tpm2 --tpmstate "$TMP/theirs" --create-ek-cert
	start --state "$TMP/theirs"
	ok "odcasim serves what swtpm_setup made: startup" tpm2_startup -c
	ok "its EK certificate" nvread 0x1c00002 swtpm.der
	ok "is one" openssl x509 -inform DER -in swtpm.der -noout
	ok "its EK" tpm2_createek -Q -G rsa -c ek.ctx -u ek.pem -f pem
	is "is the certificate's" "$(openssl pkey -pubin -in ek.pem)" \
		"$(openssl x509 -inform DER -in swtpm.der -noout -pubkey)"
	stop
}

# --- what is not ours --------------------------------------------------------------

# run and mint refuse the directory, say so, and change nothing.
refuses() { # DESCRIPTION DIRECTORY REGEX
	local before
	before=$(sums "$2")
	exits 1 "$1: run" timeout 20 "$ODCASIM" run --mssim 127.0.0.1:0 --state "$2"
	says "$1: run says what is wrong" "$3"
	says "$1: run names the directory" "$2"
	exits 1 "$1: mint" timeout 20 "$ODCASIM" mint --state "$2"
	exits 1 "$1: show" timeout 20 "$ODCASIM" show --state "$2"
	is "$1: nothing was changed" "$(sums "$2")" "$before"
}

foreign() {
	local dir
	for dir in truncated empty garbage; do
		cp -r minted $dir
	done
	truncate -s 1000 truncated/tpm2-00.permall
	refuses "truncated state" "$TMP/truncated" 'cut|truncated|incomplete|missing|length'
	truncate -s 0 empty/tpm2-00.permall
	refuses "empty state" "$TMP/empty" 'empty|cut|truncated|incomplete'
	head -c 3000 /dev/urandom >garbage/tpm2-00.permall
	refuses "garbage" "$TMP/garbage" 'tpm2-00.permall'

	mkdir nvchip encrypted readonly
	head -c 4096 /dev/zero >nvchip/NVChip
	refuses "another simulator's directory" "$TMP/nvchip" 'NVChip'
	printf '%032d' 7 >key
	ok "swtpm_setup with a key" swtpm_setup --tpm2 --tpmstate "$TMP/encrypted" --keyfile "$TMP/key"
	refuses "encrypted state" "$TMP/encrypted" 'encrypted'

	: >file
	exits 1 "a file as the directory" "$ODCASIM" mint --state "$TMP/file"
	says "names it" "$TMP/file"
	exits 1 "no directory above it" "$ODCASIM" mint --state "$TMP/none/such"
	says "names it" "$TMP/none"
	exits 1 "mint where there is a TPM" "$ODCASIM" mint --state "$TMP/minted"
	says "says that there is one" 'already|there is a TPM'
	exits 1 "show without a TPM" "$ODCASIM" show --state "$TMP/readonly"

	chmod 500 readonly
	if [ "$(id -u)" != 0 ]; then
		exits 1 "a directory that cannot be written" "$ODCASIM" mint --state "$TMP/readonly"
	elif command -v setpriv >/dev/null; then
		chmod 755 "$TMP"
		exits 1 "a directory that cannot be written" setpriv --reuid=65534 --regid=65534 \
			--clear-groups "$ODCASIM" mint --state "$TMP/readonly"
	fi
	says "says why" 'Permission denied'
}

# --- damaged inside a container that is whole --------------------------------------

damaged() {
	local at sum
	for at in 40 3000; do
		rm -rf "$TMP/damaged"
		ok "mint" "$ODCASIM" mint --seed damaged --state "$TMP/damaged"
		head -c 300 /dev/zero | tr '\0' '\377' |
			dd of="$TMP/damaged/tpm2-00.permall" bs=1 seek=$at conv=notrunc status=none
		sum=$(sums "$TMP/damaged")
		exits 1 "octets from $at on are damaged" \
			timeout 20 "$ODCASIM" run --mssim 127.0.0.1:0 --state "$TMP/damaged"
		says "says so" "the TPM's state in '$TMP/damaged' is damaged"
		is "nothing was changed" "$(sums "$TMP/damaged")" "$sum"
		exits 1 "exec of it" "$ODCASIM" exec --state "$TMP/damaged" -- true
		says "says so, too" "the TPM's state in '$TMP/damaged' is damaged"
	done
}

restart
kills
interrupted_mint
swtpm_both_ways
foreign
damaged
finish
