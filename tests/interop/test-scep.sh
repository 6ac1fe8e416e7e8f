#!/usr/bin/env bash
# Every message of an enrolment, and what is in it, held against openssl; and
# what openssl makes, in all the forms that clients may send, read by us.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl
HELPER=$(dirname "$ODCASIM")/interop/scep
[ -x "$HELPER" ] || skip "no program '$HELPER' (make test-programs)"

pem() { # CERTIFICATE.der
	openssl x509 -inform DER -in "$1" -out "${1%.der}.crt"
}

verify() { # MESSAGE CONTENT
	openssl cms -verify -noverify -binary -inform DER -in "$1" -out content &&
		cmp content "$2"
}

decrypt() { # ENVELOPE OWNER PLAIN
	openssl cms -decrypt -inform DER -in "$1" -inkey "$2.pem" -recip "$2.crt" -binary -out plain &&
		cmp plain "$3"
}

# The object identifiers of a file, in order, of those that match.
oids() { # FILE PATTERN
	openssl asn1parse -inform DER -in "$1" -oid oids.txt | sed -n 's/.* OBJECT *://p' |
		grep -E "$2" | tr '\n' ' '
}

ok "keys and certificates" "$HELPER" keys
ok "messages" "$HELPER" make
pem client.der
pem ra.der
: >oids.txt # as numbers, but those that openssl knows

# --- what we write ---------------------------------------------------------------

for file in *.der *.env; do
	ok "$file is DER" openssl asn1parse -inform DER -in "$file"
done

for row in request19:19: request41:41: reply11:3:11 reply0:3:0; do
	IFS=: read -r name type status <<<"$row"
	ok "$name: signature and content" verify "$name.der" "$name.env"
	ok "$name: printed" openssl cms -cmsout -print -inform DER -in "$name.der"
	says "$name: messageType $type" "PRINTABLESTRING:$type\$"
	[ -z "$status" ] || says "$name: pkiStatus $status" "PRINTABLESTRING:$status\$"
	says "$name: signed with SHA-256" 'algorithm: sha256 '
	is "$name: by rsaEncryption" \
		"$(grep -A 1 '^ *signatureAlgorithm: *$' out | sed -n '$s/^ *algorithm: \([^ ]*\) .*/\1/p')" rsaEncryption
	openssl cms -verify -noverify -inform DER -in "$name.der" -certsout all.crt -out /dev/null 2>/dev/null
	by=client
	[ "$type" != 3 ] || by=ra
	is "$name: the signer's certificate is the first" \
		"$(openssl x509 -in all.crt -outform DER | sha256sum)" "$(sha256sum <"$by.der")"
done

ok "request 19: encrypted for the RA" decrypt request19.env ra csr.der
ok "EK_INFO: encrypted for the RA" decrypt ekinfo.env ra ekinfo.der
ok "reply 11: encrypted for the client" decrypt reply11.env client challenge.der
ok "request 41: encrypted for the RA" decrypt request41.env ra answer.der
printf secret >secret
ok "answer: encrypted for the RA" decrypt secret.env ra secret
ok "reply 0: encrypted for the client" decrypt reply0.env client certs.der
fails "request 19: not for the client" decrypt request19.env client csr.der

ok "envelopes" openssl cms -cmsout -print -inform DER -in request19.env
says "AES-128-CBC" 'algorithm: aes-128-cbc '
says "PKCS #1 v1.5" 'algorithm: rsaEncryption '

ok "certificates" openssl pkcs7 -inform DER -in certs.der -print_certs -out all.crt
is "in the order given" "$(sed -n 's/^subject=//p' all.crt)" \
	"$(printf '%s\n' 'CN = SCEP Protocol Certificate' 'CN = RA Signing Certificate')"

is "the request's attributes are in Windows' order" "$(oids csr.der '^1.3.6.1.4.1.311|Extension Request|Subject Key|Microsoft|X509v3')" \
	"1.3.6.1.4.1.311.13.2.3 1.3.6.1.4.1.311.21.42 1.3.6.1.4.1.311.21.20 1.3.6.1.4.1.311.21.25 1.3.6.1.4.1.311.13.2.2 Extension Request X509v3 Subject Alternative Name 1.3.6.1.4.1.311.21.41 X509v3 Subject Key Identifier 1.3.6.1.4.1.311.21.24 1.3.6.1.4.1.311.21.23 "
ok "the request is PKCS #10" openssl req -inform DER -in csr.der -noout -text
says "for a subject without name" '^ *Subject: *$'
openssl asn1parse -inform DER -in csr.der -strparse 4 -noout -out info.der
is "the hash in place of a signature" \
	"$(openssl asn1parse -inform DER -in csr.der | sed -n '$s/^ *\([0-9]*\):.*/\1/p')" \
	"$(($(stat -c %s csr.der) - 35))"
is "is that of the request" "$(tail -c 32 csr.der | od -An -v -tx1 | tr -d ' \n')" \
	"$(sha256sum <info.der | cut -d ' ' -f 1)"

# --- the client's certificate ----------------------------------------------------

ok "the client's certificate" openssl x509 -in client.crt -noout -text
says "its extensions: first the AKI" 'X509v3 Authority Key Identifier: *$'
is "and no others" "$(grep -c 'X509v3 .* Key Identifier:' out) of $(grep -c 'X509v3 ' out)" "2 of 3"
openssl asn1parse -inform DER -in client.der -strparse 4 -noout -out tbs
tail -c 256 client.der >sig
openssl x509 -in client.crt -noout -pubkey >client.pub
ok "it is its own signer" openssl dgst -sha256 -verify client.pub -signature sig tbs

# --- what others write ------------------------------------------------------------

printf 'some\ncontent' >text
sign() { # FILE OPTION...
	openssl cms -sign -binary -nodetach -outform DER -in text -signer client.crt -inkey client.pem \
		-out "$1" "${@:2}"
}
reads() { # COMMAND FILE WANT
	"$HELPER" "$1" "$2" >got && cmp got "$3"
}

for md in sha1 sha256 sha384 sha512; do
	sign signed.p7 -md $md
	ok "signed with $md" reads signed signed.p7 text
	says "of definite length" 'certificates 1 definite 1 attributes'
done
sign signed.p7 -noattr
ok "without attributes" reads signed signed.p7 text
says "of which none are read" 'attributes 0$'
sign signed.p7 -stream
ok "streamed" reads signed signed.p7 text
says "of indefinite length" 'definite 0'
sign signed.p7 -certfile ra.crt
ok "with a second certificate" reads signed signed.p7 text
says "both are read" 'certificates 2'
sign signed.p7 -md md5
fails "not with MD5" "$HELPER" signed signed.p7
sign signed.p7 -keyid
fails "not by key identifier" "$HELPER" signed signed.p7
sign signed.p7 -keyopt rsa_padding_mode:pss
fails "not with PSS" "$HELPER" signed signed.p7
sign signed.p7 -nocerts
fails "not without the certificate" "$HELPER" signed signed.p7
sign signed.p7 -signer ra.crt -inkey ra.pem
fails "not by two" "$HELPER" signed signed.p7
fails "openssl's message is no request" "$HELPER" request signed.p7
fails "an envelope is not signed" "$HELPER" signed request19.env

encrypt() { # OPTION...
	openssl cms -encrypt -binary -outform DER -in text -out env.p7 "$@" ra.crt
}
for cipher in aes-128-cbc aes-256-cbc des-ede3-cbc; do
	encrypt -$cipher
	ok "encrypted with $cipher" reads decrypt env.p7 text
done
encrypt -des-cbc -provider legacy -provider default
ok "encrypted with des-cbc, as plain clients do" reads decrypt env.p7 text
encrypt -aes-128-cbc -stream
ok "encrypted and streamed" reads decrypt env.p7 text
openssl cms -encrypt -binary -outform DER -in text -out env.p7 -aes-128-cbc -recip ra.crt -keyopt rsa_padding_mode:oaep
ok "the key in OAEP" reads decrypt env.p7 text
encrypt -aes-128-cbc client.crt
ok "also for another" reads decrypt env.p7 text
openssl cms -encrypt -binary -outform DER -in text -out env.p7 -aes-128-cbc client.crt
fails "only for another" "$HELPER" decrypt env.p7
says "nothing is told of why" '^error: a message cannot be decrypted$'
fails "what is signed is not encrypted" "$HELPER" decrypt signed.p7
says "with the same words" '^error: a message cannot be decrypted$'

ok "our request" reads request request19.der request19.env
says "says what it is" '^messageType 19 transactionID 99a64f14d68c2cabb95554279f32ec77a20918fa nonce 16$'
ok "our certificate request" "$HELPER" csr csr.der
says "is hashed" "^hashed password '' san 6 ski 20 statement 4\$"

cat >req.conf <<-'END'
	[req]
	distinguished_name = dn
	attributes = attrs
	req_extensions = exts
	prompt = no
	[dn]
	CN = plain
	[attrs]
	challengePassword = letmein
	[exts]
	subjectAltName = DNS:plain.test
	subjectKeyIdentifier = hash
END
openssl req -new -key client.pem -config req.conf -outform DER -out plain.csr
ok "a plain request" "$HELPER" csr plain.csr
says "is signed" "^signed password 'letmein' san 14 ski 20 statement 0\$"
finish
