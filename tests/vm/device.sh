# shellcheck shell=bash
# device.sh - what a guest sees of a device, whatever the interface to it is.

# A file of the host, in the guest.
give() { # FILE NAME
	guest "echo $(base64 -w 0 "$1") | base64 -d >$2"
}

# In the guest: the identity is the device's, its certificates go up to the TEST
# root, and the TPM has the keys that they certify.
identity_cases() { # STATE
	local kind index
	ok "manufacturer and vendor string" guest 'tpm2_getcap properties-fixed'
	says "Intel" 'value: +"INTC"'
	says "Alder Lake" 'value: +"ADL"'
	is "NV indices" "$(guest 'tpm2_getcap handles-nv-index | tr -d "\n"')" \
		'- 0x1C00002- 0x1C0000A- 0x1C00016- 0x1C00100'
	ok "the TEST root is given" give "$1/root.pem" root.pem
	ok "all EK certificates are verified" \
		guest 'odcasim verify --tcti device:/dev/tpm0 --roots root.pem'
	says "accepted" '^ *accepted'
	is "they are the device's" \
		"$(guest 'odcasim show --tcti device:/dev/tpm0 --pem | sha256sum')" \
		"$("$ODCASIM" show --state "$1" --pem | sha256sum)"
	while read -r kind index; do
		is "EK $kind is the one certified" \
			"$(guest "tpm2_createek -Q -G $kind -c ek -u ek.pem -f pem && cat ek.pem; tpm2_flushcontext -t")" \
			"$(guest "tpm2_nvread -C o $index 2>/dev/null | base64" | base64 -d |
				openssl x509 -inform DER -pubkey -noout)"
	done <<-'END'
		rsa 0x1c00002
		ecc 0x1c0000a
	END
	lap "identity"
}

pcr() { # INDEX...
	guest "tpm2_pcrread sha256:$(tr ' ' , <<<"$*") | grep 0x"
}

ZEROS=$(printf '%064d' 0)
MEASURED=$(printf odcasim | sha256sum | cut -c 1-64)
# shellcheck disable=SC2001,SC2059 # the format is the octets
EXTENDED=$(printf "$(sed 's/../\\x&/g' <<<"$ZEROS$MEASURED")" | sha256sum | cut -c 1-64)

extend() { # INDEX
	guest "tpm2_pcrextend $1:sha256=$MEASURED"
}

pcr_cases() {
	is "PCR 16 is zero" "$(pcr 16)" "    16: 0x$ZEROS"
	ok "PCR 16 is extended" extend 16
	is "PCR 16 is the hash of both" "$(pcr 16)" "    16: 0x${EXTENDED^^}"
	lap "PCR"
}

# A machine was reset: the TPM has begun anew, and is the same.
reset_cases() { # STATE
	is "PCR 16 is zero again" "$(pcr 16)" "    16: 0x$ZEROS"
	is "the certificates are the same" \
		"$(guest 'odcasim show --tcti device:/dev/tpm0 --pem | sha256sum')" \
		"$("$ODCASIM" show --state "$1" --pem | sha256sum)"
	ok "the dictionary attack counter" \
		guest 'tpm2_getcap properties-variable | grep LOCKOUT_COUNTER'
	says "has not moved" ' 0x0$'
}

SIGNING='fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign'

# A use of an object with dictionary attack protection, which a TPM that is cut
# off afterwards counts as a failed try.
protected_use() {
	guest "tpm2_createprimary -Q -C o -G ecc:ecdsa -a '$SIGNING' -p secret -c key" &&
		guest 'echo text >text && tpm2_sign -Q -c key -p secret -o signature text'
}

device() { # STATE
	"$ODCASIM" mint --family adl --seed vm --state "$1" >/dev/null || exit 1
}

device_tests() { # MODEL
	device "$TMP/state"
	tpm_start "$TMP/state"
	vm_start "$1" "${GUEST[@]}"
	booted "boot"
	identity_cases "$TMP/state"
	pcr_cases
	ok "a protected key is used" protected_use
	ok "the machine is reset" qmp system_reset
	booted "boot again"
	reset_cases "$TMP/state"
	tell 'poweroff -f'
	ok "QEMU ends with its guest" vm_end
	lap "reset and end"
}
