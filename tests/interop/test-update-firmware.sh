#!/usr/bin/env bash
# TCB recovery: what an update replaces, what it leaves, what it refuses, and
# that a device which is killed in it is the old one or the new one.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread openssl

AS=()
update() { # DIRECTORY SVN [OPTION...]
	${AS[@]+"${AS[@]}"} "$ODCASIM" update-firmware --state "$1" --svn "$2" "${@:3}"
}

sums() { # DIRECTORY
	(cd "$1" && find . -type f ! -name .lock -exec cksum {} + | sort -k 3)
}

# The certificates in NV, read by the index's own authorisation.
certificates() { # DIRECTORY PREFIX
	local index
	# shellcheck disable=SC2016 # exec's shell
	"$ODCASIM" exec --state "$1" -- sh -c '
		prefix=$1
		shift
		for index; do
			tpm2_nvread -Q -C "$index" -o "$prefix-$index" "$index" || exit
		done' sh "$2" "${EK_INDICES[@]}" 0x1c00100 2>"$TMP/err" &&
		split_der "$2-0x1c00100" "$2-ca"
}

subject() { # DER
	openssl x509 -inform DER -in "$1" -noout -subject -nameopt multiline,-lname,sname |
		sed -n 's/^ *CN *= //p'
}

number() { # MEMBER FILE
	sed -n "s/^ *\"$1\": \([0-9]*\),*$/\1/p" "$2"
}

# --- what stays, what is new -----------------------------------------------------

# What an owner sees of a TPM, and what an update must leave.
owners_view() { # PREFIX
	ok "$1: persistent key" tpm2_readpublic -Q -c 0x81000010 -f pem -o "$1-key.pem"
	ok "$1: signs with the old password" tpm2_sign -Q -c 0x81000010 -p secret \
		-g sha256 -o "$1-sig" message
	ok "$1: NV index" tpm2_nvread -Q -C 0x1500000 -P nvpass -o "$1-data" 0x1500000
	ok "$1: EK" tpm2_createek -Q -P ekpass -w ownerpass -G rsa -c ek.ctx -u "$1-ek.pem" -f pem
	ok "$1: flush" tpm2_flushcontext -t
	ok "$1: EK P-256" tpm2_createek -Q -P ekpass -w ownerpass -G ecc -c ek.ctx -u "$1-ek256.pem" -f pem
	ok "$1: flush" tpm2_flushcontext -t
	fails "$1: the owner has a password" tpm2_nvdefine -Q -C o -s 8 0x1500001
	fails "$1: the lockout hierarchy too" tpm2_clear -Q
	tpm2_getcap pcrs >"$1-pcrs"
	tpm2_getcap properties-variable >"$1-variable"
	tpm2_getcap handles-nv-index >"$1-nv"
}

kept() {
	local file
	head -c 100 /dev/urandom >message
	ok "mint" "$ODCASIM" mint --family adl --pcr-banks sha256,sha384 --state kept
	start --state kept
	ok "startup" tpm2_startup -c
	ok "createprimary" tpm2_createprimary -Q -C o -G ecc -p secret -c key.ctx \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'
	ok "evictcontrol" tpm2_evictcontrol -Q -C o -c key.ctx 0x81000010
	ok "nvdefine" tpm2_nvdefine -Q -C o -s 16 -p nvpass -a 'authread|authwrite' 0x1500000
	ok "nvwrite" tpm2_nvwrite -Q -C 0x1500000 -P nvpass -i- 0x1500000 <<<"fifteen letters"
	ok "owner password" tpm2_changeauth -Q -c o ownerpass
	ok "endorsement password" tpm2_changeauth -Q -c e ekpass
	ok "lockout password" tpm2_changeauth -Q -c l lockpass
	owners_view before
	ok "shutdown" tpm2_shutdown -c
	ok "stop" stop
	certificates kept old
	cp kept/root.pem root.pem
	: >kept/tpm2-00.volatilestate
	: >kept/tpm2-00.savestate
	sed -i 's/^  "format": 1,/  "format": 1,\n  "rack": "b-17",/' kept/odcasim.json

	ok "update to SVN 2" update kept 2
	is "prints the new descriptor: svn" "$(number svn out)" 2
	says "and where it is" "\"state\": \"$TMP/kept\""
	ok "a member that is not ours stays" grep -qF '"rack": "b-17"' kept/odcasim.json
	is "no suspended state stays" "$(ls kept)" \
		$'odcasim.fuses\nodcasim.json\nroot.pem\ntpm2-00.permall'
	ok "the root stays" cmp kept/root.pem root.pem
	ok "verify" "$ODCASIM" verify --state kept

	start --state kept
	ok "startup" tpm2_startup -c
	owners_view after
	ok "stop" stop
	for file in key.pem data ek.pem ek256.pem pcrs nv variable; do
		ok "the same $file" diff "before-$file" "after-$file"
	done
	certificates kept new
	ok "the ROM CA certificate is the same" cmp old-ca-0.der new-ca-0.der
	is "Kernel CA" "$(subject new-ca-1.der)" "CSME ADL SVN02 Kernel CA"
	is "PTT CA" "$(subject new-ca-2.der)" "CSME ADL PTT  02SVN"
	for file in ca-1.der ca-2.der "${EK_INDICES[@]}"; do
		isnt "$file: another serial number" \
			"$(openssl x509 -inform DER -in "new-$file" -noout -serial)" \
			"$(openssl x509 -inform DER -in "old-$file" -noout -serial)"
	done
	for file in ca-1.der ca-2.der; do
		isnt "$file: another key" \
			"$(openssl x509 -inform DER -in "new-$file" -noout -pubkey)" \
			"$(openssl x509 -inform DER -in "old-$file" -noout -pubkey)"
	done
	for file in "${EK_INDICES[@]}"; do
		is "$file: the same key" \
			"$(openssl x509 -inform DER -in "new-$file" -noout -pubkey)" \
			"$(openssl x509 -inform DER -in "old-$file" -noout -pubkey)"
	done
	is "which is the TPM's" "$(openssl x509 -inform DER -in new-0x1c00002 -noout -pubkey)" \
		"$(openssl pkey -pubin -in after-ek.pem)"
}

# --- the same as minted so ---------------------------------------------------------

as_minted() {
	local family svn index
	for family in tgl adl mtl; do
		ok "$family: mint" "$ODCASIM" mint --family $family --seed lab-0421 --state seeded-$family
		for svn in 2 5; do
			ok "$family: update to SVN $svn" update seeded-$family $svn
			ok "$family: mint with SVN $svn" "$ODCASIM" mint --family $family \
				--seed lab-0421 --svn $svn --state minted-$family-$svn
			certificates seeded-$family updated
			certificates minted-$family-$svn minted
			for index in "${EK_INDICES[@]}" 0x1c00100; do
				ok "$family: SVN $svn: the same bytes in $index" cmp "updated-$index" "minted-$index"
			done
			ok "$family: SVN $svn: the same descriptor" \
				cmp seeded-$family/odcasim.json minted-$family-$svn/odcasim.json
		done
	done
	# Where an update left its random numbers is reproducible, too.
	numbers() {
		cp -r minted-tgl-2 "$1"
		update "$1" 3 >out || return
		"$ODCASIM" exec --seed lab-0421 --deterministic-rng --state "$1" -- tpm2_getrandom --hex 16
	}
	is "--deterministic-rng: the same random numbers" "$(numbers rng-1)" "$(numbers rng-2)"
}

# Chains around 2048 bytes, where the second index begins: an ECDSA signature has
# one byte more or less, and with it the chain one index more or less.
long_chains() {
	local svn host
	host=$(printf 'h%.0s' {1..18}).example
	ok "mint with a long host name" "$ODCASIM" mint --pki-host "$host" --seed d --state long
	for svn in {2..7}; do
		ok "update to SVN $svn" update long "$svn"
		ok "verify" "$ODCASIM" verify --state long
		number bytes long/odcasim.json | tail -n 1 >>chain-bytes
	done
	ok "a chain of one index" test "$(sort -n chain-bytes | head -n 1)" -le 2048
	ok "and of two" test "$(sort -n chain-bytes | tail -n 1)" -gt 2048
}

# --- what is refused ---------------------------------------------------------------

# An update fails with an exit status, says why, and changes nothing.
refused() { # STATUS DESCRIPTION REGEX DIRECTORY SVN [OPTION...]
	local before
	before=$(sums "$4")
	exits "$1" "$2" update "${@:4}"
	says "$2: says so" "$3"
	is "$2: nothing was changed" "$(sums "$4")" "$before"
}

refusals() {
	ok "mint" "$ODCASIM" mint --svn 3 --state dev
	refused 1 "the same SVN" "'dev' has SVN 3 already" dev 3
	refused 1 "a lower SVN" 'rollback' dev 2
	says "has a hint" '^hint: .*anti-rollback fuses'
	refused 2 "an SVN beyond the last" '100' dev 100
	refused 2 "SVN 0" 'svn' dev 0
	exits 2 "no SVN" "$ODCASIM" update-firmware --state dev
	exits 2 "no directory" "$ODCASIM" update-firmware --svn 4
	refused 1 "no hierarchy" "'none'" dev 4 --pki none

	mkdir empty
	refused 1 "no TPM" "'empty' holds no TPM" empty 2
	exits 1 "a directory that does not exist" update none 2
	ok "is not made" test ! -e none
	cp -r dev theirs && rm theirs/odcasim.*
	refused 1 "a TPM that odcasim did not mint" 'did not mint' theirs 4
	if command -v swtpm_setup >/dev/null; then
		mkdir swtpm
		ok "swtpm_setup" swtpm_setup --tpm2 --tpmstate "$TMP/swtpm" --create-ek-cert
		refused 1 "swtpm's" 'did not mint' swtpm 2
	else
		skipped "swtpm's" "no program 'swtpm_setup'"
	fi
	cp -r dev nofuses && rm nofuses/odcasim.fuses
	refused 1 "no fuses" 'odcasim.fuses' nofuses 4
	cp -r dev badfuses && echo 00 >badfuses/odcasim.fuses
	refused 1 "fuses that are none" 'odcasim.fuses' badfuses 4
	cp -r dev badjson && echo '{' >badjson/odcasim.json
	refused 1 "a descriptor that is none" 'odcasim.json.* line' badjson 4
	cp -r dev family && sed -i 's/"tgl"/"xyz"/' family/odcasim.json
	refused 1 "a family that is none" 'family' family 4
	cp -r dev cut && truncate -s 3000 cut/tpm2-00.permall
	refused 1 "a state that is cut" 'tpm2-00.permall' cut 4
	cp -r dev fuses && sed -i 's/^......../01234567/' fuses/odcasim.fuses
	refused 1 "fuses of another device" 'ROM CA' fuses 4

	ok "mint a device of the EPID era" "$ODCASIM" mint --family cml --state epid
	refused 1 "the EPID era" 'no On-Die CA' epid 2

	start --state dev
	ok "startup" tpm2_startup -c
	refused 1 "a device in use" 'in use' dev 4
	ok "it goes on" tpm2_getrandom -Q 4
	ok "stop" stop

	chmod 500 dev
	if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
		chmod 755 "$TMP"
		chown -R 65534 dev
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	refused 1 "a directory that cannot be written" 'Permission denied' dev 4
	AS=()
	chmod 700 dev
}

hierarchies() {
	ok "ca init" "$ODCASIM" ca init --pki pki
	ok "another" "$ODCASIM" ca init --pki pki2
	ok "mint below it" "$ODCASIM" mint --pki pki --pki-host a.example --state private
	ok "mint below the TEST one" "$ODCASIM" mint --state public
	refused 2 "a private hierarchy's device, without --pki" 'private hierarchy: --pki is missing' private 2
	refused 2 "with another's" 'another hierarchy' private 2 --pki pki2
	refused 2 "a private hierarchy for a TEST device" 'another hierarchy' public 2 --pki pki
	# Nothing beside the device says what it is of: its ROM CA does.
	rm private/root.pem
	refused 1 "no root beside it, without --pki" 'ROM CA' private 2
	refused 1 "no root beside it, with another's" 'ROM CA' private 2 --pki pki2
	ok "its own" update private 2 --pki pki
	ok "verify" "$ODCASIM" verify --state private --pki pki
	ok "the host stays" grep -qF '"pki_host": "a.example"' private/odcasim.json
}

# --- kill -9 -----------------------------------------------------------------------

# SVN of the Kernel CA in NV, as who peeks sees it.
kernel_svn() { # DIRECTORY
	"$ODCASIM" show --state "$1" | sed -n 's/.* SVN0*\([0-9]*\) Kernel CA.*/\1/p'
}

# Before each call of a kind that an update makes, one after the other.
kills() {
	local call n svn
	if ! strace -f -o /dev/null true 2>/dev/null; then
		skipped "kill an update" "no strace, or it may not trace"
		return
	fi
	ok "mint" "$ODCASIM" mint --seed kills --state base
	for call in write fsync renameat unlinkat; do
		for ((n = 1; n < 40; n++)); do
			rm -rf killed
			cp -r base killed
			# A sanitizer cannot look for leaks under ptrace(2).
			ASAN_OPTIONS=detect_leaks=0 strace -f -o /dev/null \
				-e "inject=$call:signal=KILL:when=$n" \
				"$ODCASIM" update-firmware --state killed --svn 2 >out 2>&1 && break
			svn=$(kernel_svn killed)
			ok "killed at $call $n: verify, SVN ${svn:-?}" "$ODCASIM" verify --state killed
			echo "$svn" >>svns
			# The next one that owns it settles what is left.
			ok "serve" "$ODCASIM" exec --state killed -- true
			is "the descriptor is that device's" "$(number svn killed/odcasim.json)" "$svn"
			is "the Kernel CA is" "$(kernel_svn killed)" "$svn"
			ok "nothing waits" test ! -e killed/odcasim.json.ready
			if [ "$svn" = 1 ]; then
				ok "update again" update killed 2
			fi
			is "it is the updated device" \
				"$(sed '/"state"/d' killed/odcasim.json | cksum)" \
				"$(sed '/"state"/d' updated.json | cksum)"
		done
		ok "$call: was killed $((n - 1)) times" test "$n" -gt 3 -a "$n" -lt 40
	done
	is "the old device, and the new one" "$(sort -u svns | tr '\n' ' ')" "1 2 "
}

kept
as_minted
long_chains
refusals
hierarchies
"$ODCASIM" mint --seed kills --svn 2 --state updated >/dev/null && cp updated/odcasim.json updated.json
kills
finish
