#!/usr/bin/env bash
# OpenSSL and GnuTLS accept every EK certificate up to the TEST root, which is
# all that they are told to trust.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread openssl certtool

CERTS=$TOP/certs/pki/certs

# The issuing CA's and the intermediate's file names, by family.
declare -A issuing=([tgl]=TGL_00002004_OnDie_CA [adl]=ADL_00002820_ODCA_CA2)
declare -A intermediate=([tgl]=OnDie_CA_CSME_Intermediate [adl]=ODCA_CA2_CSME_Intermediate)

# x509 -text of a certificate in $TMP/out.
text() { # CERTIFICATE
	openssl x509 -in "$1" -noout -text -certopt no_pubkey,no_sigdump >"$TMP/out" 2>&1
}

family() { # FAMILY
	local index ca name n=0
	start --family "$1"
	ok "$1: startup" tpm2_startup -c
	nvread 0x1c00100 chain.bin
	ok "$1: the chain is whole certificates" split_der chain.bin chain
	for name in rom kernel ptt; do
		ok "$1: $name CA" to_pem chain-$n.der $name.pem
		text $name.pem
		says "$1: $name CA: signed with ecdsa-with-SHA384" 'Signature Algorithm: ecdsa-with-SHA384'
		says "$1: $name CA: basic constraints" 'CA:TRUE'
		n=$((n + 1))
	done
	to_pem "$CERTS/OnDie_CA_RootCA_Certificate.cer" root.pem
	to_pem "$CERTS/${intermediate[$1]}.cer" intermediate.pem
	to_pem "$CERTS/${issuing[$1]}.cer" issuing.pem
	cat ptt.pem kernel.pem rom.pem issuing.pem intermediate.pem >between.pem

	for index in "${EK_INDICES[@]}"; do
		nvread "$index" ek.der
		to_pem ek.der ek.pem
		ok "$1: $index: openssl verify -x509_strict" \
			openssl verify -x509_strict -CAfile root.pem -untrusted between.pem ek.pem
		fails "$1: $index: not without the chain from NV" \
			openssl verify -x509_strict -CAfile root.pem -untrusted issuing.pem ek.pem
		cat ek.pem between.pem root.pem >whole.pem
		ok "$1: $index: certtool --verify-chain" certtool --verify-chain --infile whole.pem
		ok "$1: $index: certtool --verify" \
			certtool --verify --load-ca-certificate root.pem --infile <(cat ek.pem between.pem)
		text ek.pem
		says "$1: $index: signed with ecdsa-with-SHA384" 'Signature Algorithm: ecdsa-with-SHA384'
		says "$1: $index: no subject" '^ *Subject: *$'
		says "$1: $index: issued by the PTT CA" "Issuer: CN ?= ?CSME ${1^^} PTT  01SVN"
		says "$1: $index: certificate for an EK" '2\.23\.133\.8\.1|Endorsement Key Certificate'
		says "$1: $index: subject alternative name is critical" 'Subject Alternative Name: critical'
	done

	for ca in rom kernel ptt issuing intermediate; do
		ok "$1: $ca: openssl verify -x509_strict" \
			openssl verify -x509_strict -CAfile root.pem -untrusted between.pem $ca.pem
	done
	for ca in rom kernel ptt; do
		is "$1: $ca: public key on P-384" \
			"$(openssl x509 -in $ca.pem -noout -pubkey | openssl pkey -pubin -noout -text |
				sed -n 's/^NIST CURVE: //p')" P-384
	done
	is "$1: SKI of the PTT CA is SHA-256 of its point, cut to 20 octets" \
		"$(openssl x509 -in ptt.pem -noout -ext subjectKeyIdentifier |
			tail -n 1 | tr -d ' :' | tr A-F a-f)" \
		"$(openssl x509 -in ptt.pem -noout -pubkey | openssl pkey -pubin -outform DER |
			tail -c 97 | openssl dgst -sha256 -r | cut -c 1-40)"
	ok "$1: server ends well" stop
}

# A configuration that takes all algorithms away.
configured() {
	cat >openssl.cnf <<-'END'
		openssl_conf = all
		[all]
		providers = list
		[list]
		null = on
		[on]
		activate = 1
	END
	ok "openssl.cnf of the host: mint" env OPENSSL_CONF=openssl.cnf \
		"$ODCASIM" mint --seed lab-0421 --state configured
	ok "openssl.cnf of the host: verify" env OPENSSL_CONF=openssl.cnf \
		"$ODCASIM" verify --state configured
}

family tgl
family adl
configured
finish
