#!/usr/bin/env bash
# Every family, and whatever a new row of the family table adds: OpenSSL, GnuTLS
# and Java accept its certificates, its NV and its TPM properties are those of
# its generation, and its batches are told apart.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread openssl certtool

# What a hint lists: names after the verb, separated by ", ".
listed() { # FILE
	sed -n 's/^hint: .* are //p' "$1" | sed 's/, /\n/g'
}

exits 2 "an unknown family" "$ODCASIM" mint --state x --family x
says "it says so" "^error: unknown family 'x'"
mapfile -t families < <(listed out)
isnt "there are families" "${#families[@]}" 0

ok "ca export" "$ODCASIM" ca export --out ca
"$ODCASIM" ca crl >crls.pem

# --- a family ----------------------------------------------------------------------

# The PEM of each EK's certificate in a mint JSON, in its order.
ek_pems() { # JSON
	sed -n 's/.*"certificate": "\(.*\)".*/\1/p' "$1" | sed 's/\\n/\n/g' | grep .
}

# Its directory gets ek-N.pem, between.pem (EK's issuer first) and root.pem.
device() { # FAMILY
	local count
	ok "$1: mint" "$ODCASIM" mint --state "$1/state" --family "$1" --seed "$1"
	cp out "$1/mint.json"
	count=$(grep -c '"public_sha256"' "$1/mint.json")
	"$ODCASIM" show --state "$1/state" --pem >"$1/all.pem"
	awk -v dir="$1" -v count="$count" '
		/BEGIN/ { n++ }
		{ print >(dir "/" (n <= count ? "ek-" n - 1 : "between") ".pem") }
	' "$1/all.pem"
	if epid "$1"; then
		cp ca/root-epid.pem "$1/root.pem"
	else
		cp ca/root.pem "$1/root.pem"
	fi
}

epid() { # FAMILY
	grep -q '"chain": null' "$1/mint.json"
}

certtool_verify() { # EK
	certtool --verify --load-ca-certificate "${1%/*}/root.pem" \
		--infile <(cat "$1" "${1%/*}/between.pem")
}

accepted() { # FAMILY
	local ek
	ok "$1: openssl verify -x509_strict" openssl verify -x509_strict \
		-CAfile "$1/root.pem" -untrusted "$1/between.pem" "$1"/ek-*.pem
	ok "$1: openssl verify -crl_check_all" openssl verify -x509_strict \
		-crl_check_all -extended_crl -CRLfile crls.pem \
		-CAfile "$1/root.pem" -untrusted "$1/between.pem" "$1"/ek-*.pem
	for ek in "$1"/ek-*.pem; do
		ok "$ek: certtool --verify" certtool_verify "$ek"
	done
	ok "$1: odcasim verify" "$ODCASIM" verify --state "$1/state" --crl require
}

vendor() {
	tpm2_getcap properties-fixed |
		sed -n '/TPM2_PT_VENDOR_STRING_/,/value:/s/.*value: *"\(.*\)"/\1/p' | tr -d '\n'
}

# The indices of certificates and of the chain, in order.
indices() {
	tpm2_getcap handles-nv-index | sed -n 's/^- 0x1C00/0x1c00/Ip' | sort | tr A-F a-f | xargs
}

# The same certificates as `show` prints, by tpm2-tools.
in_nv() { # FAMILY
	local index n=0
	for index in "${EK_INDICES[@]}"; do
		nvread "$index" ek.der
		to_pem ek.der ek.pem
		ok "$1: $index is EK $n" cmp ek.pem "$1/ek-$n.pem"
		n=$((n + 1))
	done
}

# As on silicon, the chain is cut where an index is full: within the PTT CA.
two_indices() { # FAMILY
	local first
	nvread 0x1c00100 first.bin
	nvread 0x1c00101 second.bin
	is "$1: 0x1c00100 is full" "$(stat -c %s first.bin)" 2048
	is "$1: 0x1c00101 is the rest" "$(stat -c %s second.bin)" \
		"$(($(sed -n '/"chain"/,$s/.*"bytes": \([0-9]*\).*/\1/p' "$1/mint.json") - 2048))"
	cat first.bin second.bin >chain.bin
	ok "$1: together whole certificates" split_der chain.bin chain
	first=$(($(stat -c %s chain-0.der) + $(stat -c %s chain-1.der)))
	is "$1: the third straddles" \
		"$((first < 2048 && first + $(stat -c %s chain-2.der) > 2048))" 1
}

by_tpm() { # FAMILY
	start --state "$1/state" --startup clear
	if epid "$1"; then
		is "$1: vendor string" "$(vendor)" Intel
		is "$1: no certificate in NV" "$(indices)" ""
		ek_pems "$1/mint.json" >minted.pem
		ok "$1: its certificates are in the mint JSON" cmp minted.pem <(cat "$1"/ek-*.pem)
	else
		isnt "$1: vendor string" "$(vendor)" Intel
		case "$(indices)" in
		*0x1c00101)
			two_indices "$1"
			;;
		*)
			is "$1: certificate indices" "$(indices)" "${EK_INDICES[*]} 0x1c00100"
			;;
		esac
		in_nv "$1"
	fi
	ok "$1: server ends well" stop
}

for family in "${families[@]}"; do
	mkdir "$family"
	device "$family"
	accepted "$family"
	by_tpm "$family"
done
for family in mtl lnl ptl; do
	is "$family: two indices" "$(grep -c '"0x01c0010[01]"' $family/mint.json)" 2
done
for family in spt cml; do
	ok "$family is of the EPID era" epid $family
done

# --- what is inferred ----------------------------------------------------------------

inferred() { # FAMILY
	tr -d '\n' <"$1/mint.json" | sed -n 's/.*"inferred": *\(\[[^]]*\]\).*/\1/p'
}
is "adl: nothing is inferred" "$(inferred adl)" "[]"
for family in lnl ptl; do
	try inferred $family
	says "$family: it says what is inferred" '\[ *"[a-z]'
done

# --- Java: one start for all ------------------------------------------------------------

# A JDK runs a source file; a JRE alone does not.
if ! command -v javac >/dev/null; then
	skipped "Java's PKIX" "optional: no JDK (scripts/bootstrap default-jdk-headless)"
else
	ok "Java's PKIX runs" java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
		"$TOP/tests/interop/Pkix.java" "${families[@]}"
	cp out java.out
	is "java: a line an EK" "$(wc -l <java.out)" "$(find . -name 'ek-*.pem' | wc -l)"
	while IFS= read -r line; do
		ek=${line#not } ek=${ek#ok } ek=${ek%% *}
		length=6
		epid "${ek%/*}" && length=2
		is "$ek: Java's PKIX" "$line" "ok $ek $length"
	done <java.out
fi

# --- batches ------------------------------------------------------------------------------

debug() { # FAMILY BATCH
	local state=debug-$1
	ok "$1 $2: mint" "$ODCASIM" mint --state "$state" --family "$1" --batch "$2"
	exits 3 "$1 $2: rejected" "$ODCASIM" verify --state "$state"
	says "$1 $2: since its root is not trusted" '^rejected: path\.anchor: '
	ok "$1 $2: accepted with its own root" \
		"$ODCASIM" verify --state "$state" --roots "$state/root.pem" --crl require
	"$ODCASIM" show --state "$state" --pem >chain.pem
	sed '/END/q' chain.pem >ek.pem
	is "$1 $2: serial number of the ROM CA" "$(openssl crl2pkcs7 -nocrl -certfile chain.pem |
		openssl pkcs7 -print_certs -text -noout |
		awk '/Serial Number:/ { getline; serial = $1 } /Subject: .* ROM DE$/ { print serial }')" \
		40:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00
	ok "$1 $2: openssl with its own root" openssl verify -x509_strict \
		-CAfile "$state/root.pem" -untrusted chain.pem ek.pem
	fails "$1 $2: openssl with the production root" openssl verify -x509_strict \
		-CAfile ca/root.pem -untrusted chain.pem ek.pem
}

for family in "${families[@]}"; do
	exits 2 "$family: an unknown batch" "$ODCASIM" mint --state x --family "$family" --batch x
	says "$family: it says so" "^error: family '$family' has no batch 'x'"
	listed out >batches
	is "$family: the hint lists the default one" \
		"$(grep -cxF "$(sed -n 's/.*"batch": "\(.*\)".*/\1/p' "$family/mint.json")" batches)" 1
	while IFS= read -r batch; do
		debug "$family" "$batch"
	done < <(grep -xE 'DEBUG[0-9]*|DBG[0-9]*' batches)
done

unfit() { # DESCRIPTION FAMILY BATCH
	exits 2 "$1" "$ODCASIM" mint --state x --family "$2" --batch "$3"
	says "$1: the hint lists batches" '^hint: its batches are .*[0-9]{8}'
}
unfit "a batch of another family" tgl 00002820
unfit "a production batch as an engineering one" mtl E_00003043
unfit "an engineering batch as a production one" mtl P_00003044
unfit "half of a number" adl 0000282
is "none of them was made" "$(ls -d x 2>/dev/null)" ""
ok "an engineering batch as one" "$ODCASIM" mint --state e --family mtl --batch E_00003044
ok "a number with an underscore" "$ODCASIM" mint --state z --family lnl --batch 00003648_ZE
says "it is meant" '"batch": "00003648 ZE"'

# A device is the same one in whatever form its batch is written.
for batch in 00003648_NZ 00003648 "P_00003648 NZ"; do
	ok "the batch as '$batch'" "$ODCASIM" exec --state again --family lnl --batch "$batch" -- true
done
exits 2 "another batch" "$ODCASIM" exec --state again --batch 00003648_ZE -- true

finish
