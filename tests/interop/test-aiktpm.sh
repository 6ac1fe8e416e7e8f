#!/usr/bin/env bash
# The TPM's part of an enrolment, judged by tpm2-tools and openssl: an AIK as
# Windows makes it, its TPM's word, a credential that it opens, a quote by the
# key in the file, and a TPM that is as empty as before.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_makecredential tpm2_quote tpm2_checkquote openssl
HELPER=$(dirname "$ODCASIM")/interop/aiktpm
[ -x "$HELPER" ] || skip "no program '$HELPER' (make test-programs)"

UNIQUE=00112233445566778899aabbccddeeff01234567
OTHER=${UNIQUE/0011/1100}

hexdump() { # FILE
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# What the TPM has beside its seeds.
loaded() {
	local what
	for what in handles-transient handles-loaded-session handles-saved-session handles-persistent; do
		tpm2_getcap "$what"
	done
}

# Start the helper; it has said "ready".
begin() { # UNIQUE DIR
	mkdir -p "$2"
	coproc AIK { exec "$HELPER" "$TCTI" "$1" "$2" 2>"$2.log"; }
	AIK_JOB=$AIK_PID
	answer=
	read -r -t 60 answer <&"${AIK[0]}"
	[ "$answer" = ready ]
}

ask() { # CREDENTIAL
	echo "$1" >&"${AIK[1]}"
	read -r -t 60 answer <&"${AIK[0]}"
	echo "$answer" >out
}

end() {
	local fd=${AIK[1]}
	exec {fd}>&-
	wait "$AIK_JOB"
}

# The EK as openssl has it, from the modulus.
ek_pem() {
	cat >spki.conf <<-END
	asn1 = SEQUENCE:spki
	[spki]
	algorithm = SEQUENCE:algorithm
	key = BITWRAP,SEQUENCE:key
	[algorithm]
	oid = OID:rsaEncryption
	parameters = NULL
	[key]
	n = INTEGER:0x$(hexdump ek.modulus)
	e = INTEGER:65537
	END
	openssl asn1parse -genconf spki.conf -noout -out ek.spki &&
		openssl pkey -pubin -inform DER -in ek.spki -out ek.pem
}

credential() { # FILE NAME
	tpm2_makecredential -T none -Q -G rsa -u ek.pem -s plain -n "$2" -o "$1"
}

for family in tgl cml; do
	ok "mint $family" "$ODCASIM" mint --family $family --seed aiktpm --state $family
	start --state "$TMP/$family"
	tpm2_startup -c

	# --- the credential ----------------------------------------------------------
	# There is no resource manager: no other client of the TPM until it ends.
	ok "$family: an AIK" begin $UNIQUE $family.aik
	ok "what it is" cp $family.aik/* .
	name=000b$(openssl dgst -sha256 -r public | cut -c -64)
	printf '0123456789abcdef0123456789abcdef' >plain
	ok "its EK" ek_pem
	ok "a credential" credential good "$name"
	ask good
	says "which it opens" '^ok$'
	ok "to the secret" cmp $family.aik/secret plain
	ok "one for another key" credential other "000b$(printf '%064d' 7)"
	ask other
	says "which it does not open" '^error: open the credential: TPM2_ActivateCredential failed: .*integrity'
	ask good
	says "and goes on" '^ok$'
	head -c 100 good >short
	ask short
	says "a cut one" "^error: 'short' is no credential"
	head -c 8 good | cat - /dev/zero | head -c 12 >empty
	ask empty
	says "an empty one" '^error: open the credential: 0 octets, want 1 to '
	ok "it ends" end
	is "and left nothing" "$(loaded)" ""

	# --- the key -----------------------------------------------------------------
	is "as Windows asks for it" "$(hexdump public)" \
		"0001000b0005047200209dffcbf36c383ae699fb9868dc6dcb89d7153884be2803922c124158bfad22ae00100014000408000000000001$(
			)00$(hexdump modulus)"
	ok "tpm2-tools read the file" tpm2_readpublic -Q -c aik.ctx -n aik.name -o tools.pub -f tpmt
	ok "the same public area" cmp tools.pub public
	is "and Name" "$(hexdump aik.name)" "$name"
	tpm2_flushcontext -t
	ok "as PEM" tpm2_readpublic -Q -c aik.ctx -f pem -o aik.pem
	tpm2_flushcontext -t
	ok "tpm2-tools' EK" tpm2_createek -Q -G rsa -c ek.ctx -u tools.ek -f tpmt
	tpm2_flushcontext -t
	is "is the same" "$(tail -c 256 tools.ek | od -An -v -tx1)" "$(od -An -v -tx1 ek.modulus)"

	# --- its TPM's word ----------------------------------------------------------
	is "made by a TPM, and an attestation of creation" "$(hexdump attest | head -c 12)" ff544347801a
	is "of this key" "$(hexdump attest | tail -c 140)" \
		"0022${name}0020$(openssl dgst -sha256 -r creation | cut -c -64)"
	# No PCR and their digest, locality 0, a parent that is the hierarchy.
	is "in the owner's hierarchy" "$(hexdump creation)" \
		"000000000020$(openssl dgst -sha256 -r /dev/null | cut -c -64)01001000044000000100044000000100"00
	is "by RSASSA and SHA-1" "$(hexdump signature | head -c 12)" 001400040100
	tail -c +7 signature >raw
	ok "which openssl verifies" openssl dgst -sha1 -verify aik.pem -signature raw attest

	# --- again -------------------------------------------------------------------
	ok "the same unique" begin $UNIQUE again
	ok "it ends" end
	ok "is the same key" cmp again/public public
	ok "another" begin "$OTHER" another
	ok "it ends" end
	fails "is another one" cmp another/public public

	# --- a quote -----------------------------------------------------------------
	ok "a quote by the file" tpm2_quote -Q -c aik.ctx -g sha1 -l sha256:0,1,7 -q 00c0ffee \
		-m quote.msg -s quote.sig -o quote.pcrs
	tpm2_flushcontext -t
	ok "verifies" tpm2_checkquote -Q -u aik.pem -g sha1 -m quote.msg -s quote.sig -f quote.pcrs -q 00c0ffee
	fails "not for another nonce" tpm2_checkquote -Q -u aik.pem -g sha1 -m quote.msg -s quote.sig \
		-f quote.pcrs -q 00c0ffef
	stop
done

# --- TPMs that are in the way --------------------------------------------------------

start --state "$TMP/tgl"
tpm2_startup -c
alone() {
	"$HELPER" "$TCTI" "$UNIQUE" "$TMP" </dev/null
}

for hierarchy in owner endorsement; do
	tpm2_changeauth -c $hierarchy secret
	fails "$hierarchy with an authorisation" alone
	says "is named" "^error: enrol: the $hierarchy hierarchy has an authorisation"
	says "with a way out" '^hint: .*tpm2_changeauth'
	tpm2_changeauth -c $hierarchy -p secret
done
is "nothing was left" "$(loaded)" ""
for _ in 1 2; do
	tpm2_createprimary -Q -C n -G ecc -c slot.ctx
done
before=$(loaded)
fails "a TPM with one free slot" alone
says "says what it has no room for" '^error: create the AIK: TPM2_CreatePrimary failed: .*0x902'
is "and no more is in it" "$(loaded)" "$before"
stop
fails "no TPM" alone
says "is said" "^error: open TCTI"

finish
