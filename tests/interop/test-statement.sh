#!/usr/bin/env bash
# Attestation statements: what a TPM says of Windows' kind of key is taken, and
# what it says of other keys, or otherwise, is refused for its reason.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_certifycreation
HELPER=$(dirname "$ODCASIM")/interop/statement
[ -x "$HELPER" ] || skip "no program '$HELPER' (make test-programs)"

# There is no resource manager: make room before each command.
tpm() { # NAME ARGUMENT...
	local tool=tpm2_$1
	shift
	tpm2_flushcontext -Q -t && "$tool" -Q "$@"
}

hexdump() { # FILE
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# A primary key of the owner, and its TPM's word for its creation, signed by
# itself.
key() { # NAME ALGORITHM HASH ATTRIBUTES [OPTION...]
	local scheme=${2#*:}
	ok "$1: createprimary" tpm createprimary -C o -G "$2" -g sha256 -L policy -c "$1.ctx" \
		-a "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|$4" \
		--creation-data "$1.creation" -t "$1.ticket" -d "$1.digest" "${@:5}"
	tpm2_readpublic -Q -c "$1.ctx" -o "$1.pub" -n "$1.name"
	ok "$1: certifycreation" tpm certifycreation -C "$1.ctx" -c "$1.ctx" -g "$3" -s "${scheme%%-*}" \
		-d "$1.digest" -t "$1.ticket" -f tss -o "$1.sig" --attestation "$1.attest"
}

check() { # PUBLIC CREATION ATTEST SIGNATURE
	"$HELPER" "$1.pub" "$2.creation" "$3.attest" "$4.sig"
}

refused() { # REASON DESCRIPTION PUBLIC CREATION ATTEST SIGNATURE
	exits 3 "$2: refused" check "${@:3}"
	says "for $1" "^error: $1: "
}

start --family adl --seed statement
exits 0 "startup" tpm2_startup -c
send 3 9dffcbf36c383ae699fb9868dc6dcb89d7153884be2803922c124158bfad22ae 3>policy
key aik rsa2048:rsassa-sha1:null sha1 'restricted|sign'
ok "Windows' AIK is taken" check aik aik aik aik
says "as long as Windows' statement" "^802 bytes, Name $(hexdump aik.name)$"
key sha256 rsa2048:rsassa-sha256:null sha256 'restricted|sign'
ok "one with SHA-256 is taken, too" check sha256 sha256 sha256 sha256
key free rsa2048:rsassa-sha1:null sha1 sign -q c0ffee
refused aik.restricted "a key that signs anything" free free free free
key pss rsa2048:rsapss-sha256:null sha256 'restricted|sign'
refused aik.scheme "a key of another scheme" pss pss pss pss
key ecc ecc256:ecdsa-sha256:null sha256 'restricted|sign'
refused aik.key-type "an ECC key" ecc ecc ecc ecc
says "in the service's words" 'P-256 ECC AIK requests not supported$'
refused aik.name "another key's creation" aik aik sha256 aik
refused aik.creation "other creation data" aik free aik aik
refused aik.signature "another key's signature" aik aik aik sha256

# Another key's word for the AIK: certified, but not by itself.
ok "certifycreation by another key" tpm certifycreation -C free.ctx -c aik.ctx -g sha1 \
	-d aik.digest -t aik.ticket -f tss -o other.sig --attestation other.attest
refused aik.signature "a key certified by another one" aik aik other other
ok "quote" tpm quote -c aik.ctx -l sha256:0 -g sha1 -f tss -m quote.attest -s quote.sig
refused aik.attest-type "a quote" aik aik quote quote
finish
