#!/usr/bin/env bash
# IBM's TSS (Debian's tss2), over mssim and over bare TPM commands: it checks
# the framing of every answer, and the HMAC of every audited one.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
command -v tssstartup >/dev/null || "$TOP/scripts/bootstrap" --dry-run tss2 | grep tss2 ||
	skip "optional: this release has no package 'tss2'"
needs tssstartup

properties() { # WHICH SESSION-OPTION...
	local which=$1
	shift
	ok "$which: getcapability" tssgetcapability -cap 6 -pr 100 -pc 20 "$@"
	says "$which: manufacturer" '^TPM_PT 00000105 value 494e5443'
	says "$which: vendor string" '^TPM_PT 00000106 value 41444c00'
	says "$which: firmware version" '^TPM_PT 0000010b value 02580012'
	says "$which: revision" '^TPM_PT 00000102 value 0000008a'
}

# Handles are printed as "Handle 80000000".
handle() {
	sed -n 's/.*[Hh]andle \([0-9a-f]\{8\}\).*/\1/p' "$TMP/out" | head -n 1
}

conversation() { # SERVER-TYPE
	local key session size
	export TPM_SERVER_TYPE=$1
	ok "$1: getrandom" tssgetrandom -by 16
	properties "$1"
	ok "$1: HMAC session" tssstartauthsession -se h
	session=$(handle)
	# Answered inside the TPM: the client checks an HMAC over the properties.
	properties "$1, audited" -se0 "$session" 81
	properties "$1, audited again" -se0 "$session" 81
	ok "$1: flush the session" tssflushcontext -ha "$session"
	for key in rsa ec; do
		ok "$1: createek $key" tsscreateek -cp -alg $key
		says "$1: EK $key is the certificate's" 'certificate matches output of createprimary'
	done
	ok "$1: nvreadpublic" tssnvreadpublic -ha 01c00002 -nalg sha384
	says "$1: nameAlg is SHA-384" 'name algorithm 000c'
	says "$1: attributes" 'attributes 62072408'
	size=$(sed -n 's/.*data size //p' "$TMP/out")
	ok "$1: nvread with owner authorisation" \
		tssnvread -ha 01c00002 -hia o -sz "$size" -of ek.der
	ok "$1: nvread with the index's own" tssnvread -ha 01c00002 -sz "$size" -of ek2.der
	ok "$1: both are the same" cmp ek.der ek2.der
	ok "$1: a certificate" openssl x509 -inform DER -in ek.der -noout
	ok "$1: createprimary" tsscreateprimary -hi o -si -opem key.pem
	key=$(handle)
	ok "$1: quote" tssquote -hp 7 -hk "$key" -halg sha256 -os quote.sig -oa quote.msg
	ok "$1: verifysignature" tssverifysignature -ipem key.pem -if quote.msg -is quote.sig
	ok "$1: flush the key" tssflushcontext -ha "$key"
	ok "$1: pcrread" tsspcrread -ha 7 -halg sha256
}

start --family adl
# Else the key of a session's file is that of the process that made it.
export TPM_ENCRYPT_SESSIONS=0
ok "startup" tssstartup
conversation mssim
conversation raw
export TPM_SERVER_TYPE=mssim
for cycle in 1 2 3; do
	ok "orderly shutdown $cycle" tssshutdown
	ok "power cycle $cycle" tsspowerup
	fails "no command before startup" tssgetrandom -by 4
	says "and it is TPM_RC_INITIALIZE" 'TPM_RC_INITIALIZE'
	ok "startup $cycle" tssstartup
	ok "getrandom $cycle" tssgetrandom -by 4
done
ok "shutdown with state" tssshutdown -s
ok "power cycle" tsspowerup
ok "startup with state" tssstartup -s
ok "server ends well" stop
finish
