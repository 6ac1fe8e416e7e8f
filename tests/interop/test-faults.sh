#!/usr/bin/env bash
# Every deviation of the fault table: a device is minted with it, and what the
# row says holds for our verifier, for openssl and for certtool.  A row makes
# its own test.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread openssl certtool

# --- what others see -------------------------------------------------------------

ok "the hierarchy" "$ODCASIM" ca export --out ca
"$ODCASIM" ca crl >hierarchy-crls.pem
declare -A above=(
	[tgl]="TGL_00002004_OnDie_CA OnDie_CA_CSME_Intermediate"
	[mtl]="MTL_00003043_ODCA_CA2 ODCA_CA2_CSME_Intermediate"
)

# The EK certificate and what the chain's indices hold, by tpm2-tools alone.
read_nv() { # STATE
	local index
	start --state "$1" --startup clear
	rm -f ek.der chain.bin chain-*
	: >chain.bin
	nvread 0x1c00002 ek.der
	for index in 0x1c00100 0x1c00101; do
		nvread "$index" part.bin && cat part.bin >>chain.bin
	done
	stop
	split_der chain.bin chain
	to_pem ek.der ek.pem 2>/dev/null
	: >untrusted.pem
	for der in chain-*.der; do
		to_pem "$der" "${der%.der}.pem" 2>/dev/null || continue
		openssl x509 -in "${der%.der}.pem" -noout -subject >"${der%.der}.subject"
		cat "${der%.der}.pem" >>untrusted.pem
	done
	cat issuing.pem intermediate.pem >>untrusted.pem
}

# Lists of the hierarchy, and in their place the ones beside the device.
read_crls() { # STATE
	sed -n 's/.*"\(-----BEGIN X509 CRL.*\)".*/\1/p' "$1/odcasim.json" | sed 's/\\n/\n/g' >crls.pem
	[ -s crls.pem ] || cp hierarchy-crls.pem crls.pem
}

openssl_says() {
	openssl verify -x509_strict -CAfile ca/root.pem -untrusted untrusted.pem ek.pem
}

# Only the certificate that a list is for is looked up: the others' lists are
# not beside the device.
openssl_crl_says() {
	openssl verify -crl_check_all -extended_crl -CRLfile crls.pem -CRLfile hierarchy-crls.pem \
		-CAfile ca/root.pem -untrusted untrusted.pem ek.pem
}

# From the EK upwards: the order that certtool wants.
certtool_says() {
	local part
	cat ek.pem >path.pem
	for part in PTT Kernel ROM; do
		grep -lE "CN ?= ?.*$part" chain-*.subject 2>/dev/null | head -n 1 |
			sed 's/subject$/pem/' | xargs -r cat >>path.pem
	done
	cat issuing.pem intermediate.pem >>path.pem
	certtool --verify --load-ca-certificate ca/root.pem --infile path.pem
}

# --- a row -------------------------------------------------------------------------

row() { # NAME EXPECT CHECK OPENSSL CERTTOOL FAMILY
	local state=state-$1 status=0 issuing intermediate
	[ "$2" = accept ] || status=3
	ok "$1: mint" "$ODCASIM" mint --state "$state" --family "$6" --seed "$1" --fault "$1"
	exits $status "$1: verify ${2}s" "$ODCASIM" verify --state "$state"
	if [ "$2" = reject ]; then
		says "$1: by check $3" "^rejected: $3: "
	fi
	read -r issuing intermediate <<<"${above[$6]}"
	to_pem "ca/$issuing.cer" issuing.pem
	to_pem "ca/$intermediate.cer" intermediate.pem
	read_nv "$state"
	read_crls "$state"
	if [ "$2" = accept ]; then
		ok "$1: openssl accepts" openssl_says
		ok "$1: certtool accepts" certtool_says
	fi
	case $1 in
	revoked.*) [ "$4" = true ] && fails "$1: openssl rejects" openssl_crl_says ;;
	*) [ "$4" = true ] && fails "$1: openssl rejects" openssl_says ;;
	esac
	[ "$5" = true ] && fails "$1: certtool rejects" certtool_says
	rm -rf "$state"
}

# name|expect|check|openssl|certtool|family, a line a row.
rows() {
	"$ODCASIM" faults --json | awk -F'": ' '
		/"name"/ || /"expect"/ || /"check"/ || /"openssl"/ || /"certtool"/ || /"family"/ {
			key = $1; sub(/^ *"/, "", key)
			value = $2; gsub(/[",]/, "", value)
			field[key] = value == "null" ? "" : value
		}
		/^ *}/ && field["expect"] != "" {
			print field["name"] "|" field["expect"] "|" field["check"] "|" field["openssl"] \
				"|" field["certtool"] "|" (field["family"] != "" ? field["family"] : "tgl")
			delete field
		}'
}

rows >table
isnt "there are rows" "$(wc -l <table)" 0
is "each has a name of its own" "$(cut -d "|" -f 1 table | sort | uniq -d)" ""
while IFS='|' read -r name expect check by_openssl by_certtool family; do
	row "$name" "$expect" "$check" "$by_openssl" "$by_certtool" "$family"
done <table

# --- the command line -----------------------------------------------------------------

exits 2 "an unknown fault" "$ODCASIM" mint --state no --fault cert.ek.expird
says "what was meant" "did you mean 'cert.ek.expired'"
exits 2 "no fault of that name" "$ODCASIM" faults nothing
exits 2 "an argument where there is none" "$ODCASIM" mint --state no --fault chain.missing=3
exits 2 "an argument that is no number" "$ODCASIM" mint --state no --fault chain.cut=x
exits 2 "a fault of the on-die CA before it" "$ODCASIM" mint --state no --family cml --fault chain.cut
exits 2 "a second index where there is none" \
	"$ODCASIM" mint --state no --family tgl --fault chain.second-index-missing
is "nothing was made" "$(ls -d no 2>/dev/null)" ""
exits 2 "two chains" "$ODCASIM" mint --state no --fault chain.missing --fault chain.leaf-first
exits 2 "two lists" "$ODCASIM" mint --state no --fault revoked.ek --fault revoked.ptt
says "they hide each other" "exclude each other"
ok "an argument" "$ODCASIM" mint --state cut --fault chain.cut=700
exits 3 "is used" "$ODCASIM" verify --state cut
says "700 octets" "want whole certificates|, [0-9]* missing"
ok "exec: a fresh device with a fault" "$ODCASIM" exec --fault chain.missing -- \
	sh -c '! tpm2_nvreadpublic 0x1c00100'
exits 2 "a device that has another fault" "$ODCASIM" exec --state cut --fault chain.missing -- true
ok "the same one" "$ODCASIM" exec --state cut --fault chain.cut=700 -- true
exits 1 "no update of its firmware" "$ODCASIM" update-firmware --state cut --svn 2
says "it says so" "holds a device with a fault"
ok "explain" "$ODCASIM" faults chain.foreign
says "what it is" "the chain of another device"
finish
