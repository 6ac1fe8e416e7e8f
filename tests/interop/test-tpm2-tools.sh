#!/usr/bin/env bash
# tpm2-tools takes the TPM for Intel PTT: identity, EK certificates, and the
# attestation that hangs on them.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_getcap openssl

# There is no resource manager: make room before each command.
tpm() { # NAME ARGUMENT...
	local tool=tpm2_$1
	shift
	tpm2_flushcontext -Q -t && "$tool" "$@"
}

# Raw value of a fixed property, as a decimal number.
property() { # NAME
	echo $(($(tpm2_getcap properties-fixed |
		awk -v name="$1:" '$1 == name { getline; print $2 }')))
}

hexdump() { # FILE [OFFSET COUNT]
	od -An -v -tx1 ${2:+-j "$2"} ${3:+-N "$3"} "$1" | tr -d ' \n'
}

identity() { # VENDOR-STRING FIRMWARE-1
	is "$1: manufacturer is INTC" "$(property TPM2_PT_MANUFACTURER)" $((0x494e5443))
	is "$1: vendor string" "$(property TPM2_PT_VENDOR_STRING_1)" \
		$((0x$(printf '%s' "$1" | od -An -tx1 | tr -d ' \n')00))
	is "$1: no second vendor string" "$(property TPM2_PT_VENDOR_STRING_2)" 0
	is "$1: firmware's major version" \
		$(($(property TPM2_PT_FIRMWARE_VERSION_1) >> 16)) "$2"
	is "$1: specification revision 1.38" "$(property TPM2_PT_REVISION)" $((0x8a))
	is "$1: errata of day 352" "$(property TPM2_PT_DAY_OF_YEAR)" $((0x160))
	is "$1: errata of year 2019" "$(property TPM2_PT_YEAR)" 2019
	is "$1: modes" "$(property TPM2_PT_MODES)" 0
	is "$1: NV index size" "$(property TPM2_PT_NV_INDEX_MAX)" 2048
	is "$1: 24 PCRs" "$(property TPM2_PT_PCR_COUNT)" 24
	ok "$1: PCR banks" tpm2_getcap pcrs
	says "$1: PCR bank sha256 is allocated" 'sha256: \[ 0, 1, 2,.* 23 \]'
	is "$1: no other PCR bank is" \
		"$(grep -vE 'selected-pcrs|sha256|: \[ \]$' "$TMP/out")" ""
}

indices() { # WHEN
	local index name_alg attributes size
	ok "$1: nvreadpublic" tpm2_nvreadpublic
	for index in "${EK_INDICES[@]}" 0x1c00100; do
		read -r name_alg attributes size < <(awk -v want="$index:" '
			/^0x/ { here = $1 == want }
			here && $1 == "value:" { printf "%s ", $2 }
			here && $1 == "size:" { print $2 }' "$TMP/out")
		is "$1: $index: nameAlg is SHA-384" "$name_alg" 0xC
		# tpm2-tools before 5.3 print the octets the other way round.
		is "$1: $index: attributes" "${attributes/0x8240762/0x62072408}" 0x62072408
		nvread "$index" "$index.bin"
		is "$1: $index: size is that of its content" "$(stat -c %s "$index.bin")" "$size"
		nvread "$index" "$index.index" "$index"
		is "$1: $index: readable with the index's own empty password" \
			"$(cksum <"$index.index")" "$(cksum <"$index.bin")"
	done
}

certificates() { # VENDOR-STRING
	local index
	for index in "${EK_INDICES[@]}"; do
		ok "$1: $index is one certificate" to_pem "$index.bin" "$index.pem"
		is "$1: $index has nothing behind it" \
			"$(openssl x509 -in "$index.pem" -outform DER | wc -c)" \
			"$(stat -c %s "$index.bin")"
		openssl x509 -in "$index.pem" -noout -pubkey >"$index.pub"
		openssl x509 -in "$index.pem" -noout -ext subjectAltName >"$TMP/out"
		says "$1: $index: SAN names manufacturer" 'id:494E5443'
		says "$1: $index: SAN names the model" "(2\.23\.133\.2\.2|tpmModel) ?= ?$1"
		says "$1: $index: SAN has the firmware version of the properties" \
			"$(printf 'id:%08X' "$(property TPM2_PT_FIRMWARE_VERSION_1)")"
	done
	ok "$1: chain splits into certificates" split_der 0x1c00100.bin chain
	is "$1: there are three" "$(echo chain-*.der)" "chain-0.der chain-1.der chain-2.der"
}

endorsement() { # ALGORITHM INDEX
	if [[ $(tpm2_createek -T none -G "$1" -c /dev/null 2>&1) == *"Invalid key algorithm"* ]]; then
		skipped "createek $1" "these tpm2-tools have no template for it"
		return
	fi
	ok "createek $1" tpm createek -Q -G "$1" -c "ek-$1.ctx" -u "ek-$1.pem" -f pem
	is "EK $1 is the key of the certificate in $2" \
		"$(openssl pkey -pubin -in "ek-$1.pem")" "$(openssl pkey -pubin -in "$2.pub")"
}

# A challenge made with nothing but the certificate's public key.
credential() { # ALGORITHM INDEX
	echo "secret for $1" >secret
	ok "makecredential $1 for the key of the certificate" \
		tpm2_makecredential -Q -T none -u "$2.pub" -G "$1" -s secret \
		-n "$(hexdump "ak-$1.name")" -o cred
	tpm startauthsession -Q --policy-session -S session.ctx
	ok "the EK's policy: PolicySecret(endorsement)" tpm policysecret -Q -S session.ctx -c e
	ok "activatecredential $1" tpm activatecredential -Q -c "ak-$1.ctx" -C "ek-$1.ctx" \
		-i cred -o plain -P session:session.ctx
	ok "the secret came through" cmp secret plain
	tpm2_flushcontext -Q session.ctx
}

# TPMS_ATTEST: magic, type, TPM2B, TPM2B, clock info (17 octets), firmware.
attested_firmware() { # FILE
	local at=6
	at=$((at + 2 + 0x$(hexdump "$1" $at 2)))
	at=$((at + 2 + 0x$(hexdump "$1" $at 2) + 17))
	hexdump "$1" $at 8
}

attestation() { # ALGORITHM SCHEME
	ok "createak $1" tpm createak -Q -C "ek-$1.ctx" -c "ak-$1.ctx" -G "$1" -g sha256 -s "$2" \
		-u "ak-$1.pem" -f pem -n "ak-$1.name"
	ok "quote $1" tpm quote -Q -c "ak-$1.ctx" -l sha256:0,1,2,7 -q c0ffee -g sha256 \
		-m quote.msg -s quote.sig -o quote.pcr
	ok "checkquote $1" tpm2_checkquote -Q -u "ak-$1.pem" -m quote.msg -s quote.sig \
		-f quote.pcr -g sha256 -q c0ffee
	fails "checkquote $1 of another nonce" tpm2_checkquote -Q -u "ak-$1.pem" \
		-m quote.msg -s quote.sig -f quote.pcr -g sha256 -q c0ffef
	is "the quote attests the firmware version of the properties" \
		"$(attested_firmware quote.msg)" \
		"$(printf '%08x%08x' "$(property TPM2_PT_FIRMWARE_VERSION_1)" \
			"$(property TPM2_PT_FIRMWARE_VERSION_2)")"
}

sealing() {
	tpm2_pcrextend -Q 16:sha256="$(printf '%064d' 1)"
	tpm startauthsession -Q -S session.ctx
	ok "policypcr, trial" tpm policypcr -Q -S session.ctx -l sha256:16 -L pcr.policy
	tpm2_flushcontext -Q session.ctx
	tpm createprimary -Q -C o -c primary.ctx
	ok "seal to a PCR" tpm create -Q -C primary.ctx -i secret -L pcr.policy \
		-u seal.pub -r seal.priv -c seal.ctx
	ok "unseal" unseal
	ok "the sealed secret" cmp secret unsealed
	tpm2_pcrextend -Q 16:sha256="$(printf '%064d' 2)"
	fails "unseal after the PCR changed" unseal
	tpm2_pcrreset -Q 16
}

unseal() {
	local status=0
	tpm startauthsession -Q --policy-session -S session.ctx
	tpm policypcr -Q -S session.ctx -l sha256:16 &&
		tpm unseal -c seal.ctx -p session:session.ctx -o unsealed || status=$?
	tpm2_flushcontext -Q session.ctx
	return "$status"
}

firmware() {
	ok "platform hierarchy: nvdefine" tpm2_nvdefine -Q -C p -s 16 \
		-a 'ppread|ppwrite|authread|ownerread|platformcreate|no_da' 0x1800100
	ok "platform hierarchy: nvwrite" tpm2_nvwrite -Q -C p -i- 0x1800100 <<<"0123456789abcde"
	fails "certificate index: not written by the platform" \
		tpm2_nvwrite -Q -C p -i- 0x1c00002 <<<x
	fails "certificate index: not written by the owner" \
		tpm2_nvwrite -Q -C o -i- 0x1c00002 <<<x
	fails "certificate index: not undefined by the platform" \
		tpm2_nvundefine -Q -C p 0x1c00002
	fails "certificate index: not undefined by the owner" \
		tpm2_nvundefine -Q -C o 0x1c00002
	ok "platform hierarchy: changeauth" tpm2_changeauth -Q -c p firmware
	ok "and back" tpm2_changeauth -Q -c p -p firmware ""
	ok "endorsement hierarchy: changeauth" tpm2_changeauth -Q -c e owner
	ok "verify without the endorsement key" "$ODCASIM" verify
	says "says what it did not check" '^accepted; not checked: ek.public-key:'
	ok "and back" tpm2_changeauth -Q -c e -p owner ""
	ok "verify with it" "$ODCASIM" verify
	says "checks all" '^accepted$'
}

declare -A firmware_major=([tgl]=500 [adl]=600)
for family in tgl adl; do
	start --family "$family" --seed tpm2-tools --state "$TMP/$family"
	exits 0 "$family: startup" tpm2_startup -c
	identity "${family^^}" "${firmware_major[$family]}"
	indices "$family"
	certificates "${family^^}"
	endorsement rsa 0x1c00002
	endorsement ecc 0x1c0000a
	endorsement ecc384 0x1c00016
	attestation rsa rsassa
	attestation ecc ecdsa
	credential rsa 0x1c00002
	credential ecc 0x1c0000a
	sealing
	firmware
	cp 0x1c00002.bin before.bin
	ok "$family: clear" tpm2_clear -Q -c p
	indices "$family after clear"
	ok "$family: the certificate is the same" cmp before.bin 0x1c00002.bin
	endorsement rsa 0x1c00002
	ok "$family: server ends well" stop

	start --state "$TMP/$family"
	exits 0 "$family again: startup" tpm2_startup -c
	identity "${family^^}" "${firmware_major[$family]}"
	indices "$family again"
	ok "$family again: the certificate is the same" cmp before.bin 0x1c00002.bin
	endorsement rsa 0x1c00002
	endorsement ecc 0x1c0000a
	endorsement ecc384 0x1c00016
	attestation rsa rsassa
	credential rsa 0x1c00002
	ok "$family again: server ends well" stop
	rm -f -- *.ctx *.bin *.der *.pem
done
finish
