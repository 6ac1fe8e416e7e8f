#!/usr/bin/env bash
# What show draws: the chain for Graphviz and as SVG, of whole devices and of
# those that lack something.
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

# --- devices that lack something ------------------------------------------------------

mkdir theirs
ok "swtpm_setup, no certificates" swtpm_setup --tpm2 --tpmstate theirs
draw none --state theirs
is "no EK: a box that says so" "$(nodes none)" 1
ok "by the check" grep -q 'ek.present' none.svg

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
stop

# --- where a picture goes ----------------------------------------------------------

ok "a device to show" "$ODCASIM" mint --state picture --fault chain.foreign
ok "to a device node" "$ODCASIM" show --state picture --svg /dev/null
ok "which it still is" test -c /dev/null
: >behind.svg
ln -s behind.svg link.svg
ok "to a link" "$ODCASIM" show --state picture --svg link.svg
ok "which it still is" test -L link.svg
ok "a broken line is a line" grep -q '^text\.bad{fill:' behind.svg

finish
