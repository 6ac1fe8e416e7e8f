#!/usr/bin/env bash
# What show draws: the chain for Graphviz and as SVG, of whole devices and of
# those that lack something; and which URL of the AIK service a client finds.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_getrandom swtpm_setup

# A picture of the TPM that the options name: NAME.svg and NAME.dot are what
# their formats say.
draw() { # NAME OPTION...
	local name=$1
	ok "$name: --svg" "$ODCASIM" show "${@:2}" --svg "$name.svg"
	ok "$name: --dot" "$ODCASIM" show "${@:2}" --dot
	cp out "$name.dot"
	if command -v xmllint >/dev/null; then
		ok "$name: well-formed" xmllint --noout --nonet "$name.svg"
	else
		skipped "$name: well-formed" "optional: no xmllint"
	fi
	if command -v dot >/dev/null; then
		ok "$name: dot reads it" dot -Tsvg -o /dev/null "$name.dot"
	else
		is "$name: as many braces open as close" \
			"$(tr -cd '{' <"$name.dot")" "$(tr -cd '}' <"$name.dot" | tr '}' '{')"
	fi
	is "$name: no box outside" "$(outside "$name.svg")" ""
}

# Rectangles that the picture's width or height cut off.
outside() { # SVG
	awk -F'"' '
		/^<svg/ { width = $4; height = $6 }
		/^<rect class="(box|stripe|aik)/ {
			if ($4 < 0 || $4 + $8 > width || $6 + $10 > height)
				print
		}' "$1"
}

nodes() { # NAME
	grep -c '^<g ' "$1.svg"
}

# --- whole devices -----------------------------------------------------------------

for family in tgl adl; do
	ok "mint" "$ODCASIM" mint --state $family --family $family --seed picture
	draw $family --state $family
	is "$family: a box a certificate" "$(nodes $family)" 9
	is "$family: six CAs, and three EKs of one" "$(grep -c 'class="edge"' $family.svg)" 9
	"$ODCASIM" show --state $family --json >json
	# EK, PTT, Kernel, ROM, issuing ...
	sed -n 's/^ *"key_id": \(null\|"\(.*\)"\),$/\2/p' json | head -n 7 >ids
	for level in 2 3 4 5 6 7; do
		id=$(sed -n ${level}p ids)
		is "$family: key id $id, one box" \
			"$(grep -c "data-key-id=\"$id\"" $family.svg)" 1
		is "$family: and one node" "$(grep -c "key id $id" $family.dot)" 1
	done
	is "$family: the AIK's key id is the issuing CA's" \
		"$(sed -n 's/.*INTC-KeyId-[\]l *\([0-9a-f]*\).*/\1/p' $family.dot)" \
		"$(sed -n 5p ids)"
done
cp tgl.svg first.svg
ok "again" "$ODCASIM" show --state tgl --svg tgl.svg
says "and the text comes, too" '^identity$'
ok "is the same" cmp first.svg tgl.svg
"$ODCASIM" show --state tgl --svg - >stdout.svg
ok "to stdout, without the text" cmp first.svg stdout.svg
for other in --json --pem --dot; do
	exits 2 "--svg and $other" "$ODCASIM" show --state tgl --svg x.svg $other
	says "exclude each other" "exclude each other"
done
exits 1 "a directory that is not there" "$ODCASIM" show --state tgl --svg no/x.svg
says "is named" 'no/x\.svg'

ok "mint" "$ODCASIM" mint --state mtl --family mtl --seed picture
draw mtl --state mtl
ok "mtl: a certificate that begins in one index" \
	grep -q '>NV 0x01c00100, bytes 1[0-9]* to 2047<' mtl.svg
ok "mtl: and ends in the next" grep -q '>NV 0x01c00101, bytes 0 to [0-9]*<' mtl.svg
ok "mint" "$ODCASIM" mint --state cml --family cml --seed picture
draw cml --state cml
is "cml: the AIK's key id is that of each EK's issuer" \
	"$(sed -n 's/.*INTC-KeyId-[\]l *\([0-9a-f]*\).*/\1/p' cml.dot | sort -u)" \
	"$(sed -n 's/.*pid:13.*key id \([0-9a-f]*\).*/\1/p' cml.dot)"

# --- the AIK service ---------------------------------------------------------------

# What the client finds for the first EK; the key ids of its chain are in ids.
aik() { # DIR CLIENT
	"$ODCASIM" show --state "$1" --client "$2" --json >json
	url=$(sed -n 's/^ *"url": "\(.*\)",$/\1/p' json | sort -u)
	sed -n 's/^ *"key_id": \(null\|"\(.*\)"\),$/\2/p' json >ids
	ok "$1, $2: the text" "$ODCASIM" show --state "$1" --client "$2"
	cp out text
	ok "says so" grep -qxF "  $url" text
	cp text out
}

url_of() { # KeyId|NameId ID
	echo "https://INTC-$1-$2.microsoftaik.azure.net/templates/Aik/scep"
}

key_id() { # LEVEL, the EK being 1
	sed -n "$1p" ids
}

for family in tgl adl mtl; do
	aik $family current
	is "$family: a current client finds the issuing CA" "$url" "$(url_of KeyId "$(key_id 5)")"
	says "by the topmost certificate in NV" '^  by the key id of who issued .* ROM CA \(NV 0x01c0010'
	aik $family legacy
	is "$family: a legacy client finds the PTT CA" "$url" "$(url_of KeyId "$(key_id 2)")"
	says "by the EK's" '^  by the key id of who issued EK RSA-2048 \(NV 0x01c00002\)$'
	aik $family too-far
	is "$family: one too far finds the intermediate CA" "$url" "$(url_of KeyId "$(key_id 6)")"
	says "by what is not in NV" '^  by the key id of who issued .* Issuing CA \(built-in TEST hierarchy\)$'
done
aik cml current
is "cml: the EK's issuer" "$url" "$(url_of KeyId "$(key_id 2)")"
says "by EKOP's certificate" '^  by the key id of who issued EK RSA-2048 \(EKOP, not in NV\)$'
aik cml legacy
is "cml: for a legacy client, too" "$url" "$(url_of KeyId "$(key_id 2)")"
aik cml too-far
is "cml: one too far finds the root" "$url" "$(url_of KeyId "$(key_id 3)")"

ok "a chain that is not there" "$ODCASIM" mint --state missing --seed picture --fault chain.missing
aik missing current
is "makes a current client a legacy one" "$url" \
	"$("$ODCASIM" show --state tgl --client legacy --json | sed -n 's/^ *"url": "\(.*\)",$/\1/p' | sort -u)"
ok "EK certificates without authority key id" \
	"$ODCASIM" mint --state noaki --seed picture --fault cert.ek.no-aki
aik noaki current
is "are no end of the walk" "$url" "$(url_of KeyId "$(key_id 5)")"
aik noaki legacy
"$ODCASIM" show --state noaki --pem | openssl x509 -outform DER -out ek.der
# The issuer is the second SEQUENCE in what is signed.
name=$(openssl asn1parse -inform DER -in ek.der |
	sed -n 's/^ *\([0-9]*\):d=2 .*: SEQUENCE *$/\1/p' | sed -n 2p)
openssl asn1parse -inform DER -in ek.der -strparse "$name" -noout -out name.der
id=$(openssl dgst -sha1 -r name.der)
is "where it ends, it is the issuer's Name" "$url" "$(url_of NameId "${id%% *}")"
says "and the text says that" '^  by the Name of who issued EK RSA-2048 '
ok "the picture" "$ODCASIM" show --state noaki --client legacy --dot
says "does, too" 'AIK    INTC-NameId-'
ok "the picture of a legacy client" "$ODCASIM" show --state tgl --client legacy --dot
is "has it at the EKs" "$(grep -c 'AIK    INTC-KeyId-' out)" 3
exits 2 "another client" "$ODCASIM" show --state tgl --client blind
says "is none" "current.*legacy.*too-far"

# --- devices that lack something ------------------------------------------------------

mkdir theirs
ok "swtpm_setup, no certificates" swtpm_setup --tpm2 --tpmstate theirs
draw none --state theirs
is "no EK: a box that says so" "$(nodes none)" 1
ok "by the check" grep -q 'ek.present' none.svg
ok "as text" "$ODCASIM" show --state theirs
says "it has no URL" '^  none: EK certificate is not there$'

start --state "$TMP/adl"
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
ok "plant a chain" plant 0x1c00100 chain.der
draw unused --tcti "$TCTI"
is "a chain without EK" "$(nodes unused)" 4
ok "is on no path" grep -q "none: on no EK" unused.svg
ok "remove it" tpm2_nvundefine -Q -C o 0x1c00100
ok "plant an EK certificate" plant 0x1c00002 ek.der
draw missing --tcti "$TCTI"
is "an EK, and who is missing" "$(nodes missing)" 2
ok "its link is broken" grep -q '<text class="bad"[^>]*>path.issuer<' missing.svg
head -c 1400 chain.der >cut.der
ok "plant a cut chain" plant 0x1c00100 cut.der
draw cut --tcti "$TCTI"
ok "the verdict is the chain's" grep -q 'rejected: nv.chain' cut.svg
head -c 800 /dev/zero >zero.der
ok "plant zeros" plant 0x1c00002 zero.der
draw zeros --tcti "$TCTI"
ok "as text" "$ODCASIM" show --tcti "$TCTI"
says "they have no URL" '^  none: EK RSA-2048 cannot be read$'
stop

# --- where a picture goes ----------------------------------------------------------

ok "a device to show" "$ODCASIM" mint --state picture --fault chain.foreign
ok "to a device node" "$ODCASIM" show --state picture --svg /dev/null
ok "which it still is" test -c /dev/null
: >behind.svg
ln -s behind.svg link.svg
ok "to a link" "$ODCASIM" show --state picture --svg link.svg
ok "which it still is" test -L link.svg
ok "a broken line is a line" grep -q '^\.chain text\.bad { fill:' behind.svg

finish
