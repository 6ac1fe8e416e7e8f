# shellcheck shell=bash
# running.sh - what only a TPM that is on has: a policy session and a key that
# are loaded, and an extended PCR.  One guest puts them there; they are looked
# for after its machine was saved and loaded.

# A TPM command and its response, in hex: tpm2-tools would save and flush what
# they load.
raw() { # HEX
	# shellcheck disable=SC2001 # two digits each
	guest "printf '$(sed 's/../\\x&/g' <<<"$1")' >command; exec 3<>/dev/tpm0; \
cat command >&3; head -c 4096 <&3 | xxd -p | tr -d '\\n'; echo"
}

# TPM2_StartAuthSession: no key, no bind, a nonce of 16, TPM_SE_POLICY, SHA-256;
# TPM2_PolicyCommandCode(TPM2_Quote) and TPM2_PolicyGetDigest of the first session.
START_POLICY=80010000002b000001764000000740000007001000112233445566778899aabbccddeeff0000010010000b
ALLOW_QUOTE=8001000000120000016c0300000000000158
GET_DIGEST=80010000000e0000018903000000
KEY=0x80000000

put_there() {
	ok "a policy session starts" raw "$START_POLICY"
	says "as the first one" '^8001[0-9a-f]{8}0000000003000000'
	ok "its policy is extended" raw "$ALLOW_QUOTE"
	says "with success" '^80010000000a00000000$'
	ok "a key is loaded" guest \
		"tpm2_createprimary -Q -C o -G ecc:ecdsa -a '$SIGNING' -c key && tpm2_getcap handles-transient"
	says "as the first one" "$KEY"
	ok "PCR 16 is extended" extend 16
	THERE=$(there)
	is "policy digest, key and PCR are there" "$(wc -l <<<"$THERE")" 3
}

there() {
	raw "$GET_DIGEST"
	guest "tpm2_readpublic -Q -c $KEY -f pem -o key.pem && sha256sum key.pem"
	pcr 16
}

# The same, and of use.
still_there() { # WHEN
	is "$1: session, key and PCR" "$(there)" "$THERE"
	ok "$1: the key signs" \
		guest "echo text >text && tpm2_sign -Q -c $KEY -o signature text"
	ok "$1: and verifies" guest "tpm2_verifysignature -Q -c $KEY -s signature -m text"
}
