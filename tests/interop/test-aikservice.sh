#!/usr/bin/env bash
# The AIK service, as curl, openssl and three clients of RFC 8894 see it that are
# not ours: strongSwan's pki, micromdm's scepclient, certmonger.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs curl openssl
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

DOMAIN=microsoftaik.azure.net
# Tiger Lake's, and one of engineering samples.
TGL_CER=tsci.intel.test/content/OnDieCA/certs/TGL_00002004_OnDie_CA.cer
PUBLISH=azcsprodwusaikpublish.blob.core.windows.net
PKIOPS=tsci.intel.test/pkiops
ROOT="TEST%20TPM%20Root%20Certificate%20Authority%202014"
PARSE='{"Message":"Failed to parse SCEP request."}'

fetch() { # CURL-OPTION... URL
	curl -sS --max-time 60 --cacert exported/root-tls.pem --connect-to "::127.0.0.1:$PORT" "$@"
}

status_of() { # CURL-OPTION... URL
	fetch -D headers -o body -w '%{http_code}' "$@"
}

# The value of a header of the last answer.
header() { # NAME
	tr -d '\r' <headers | sed -n "s/^$1: //Ip"
}

key_id() { # DER-CERTIFICATE
	openssl x509 -inform DER -in "$1" -noout -ext subjectKeyIdentifier |
		sed -n '2s/[ :]//gp' | tr 'A-F' 'a-f'
}

# The last answer's certificates, in their order: cert-1.pem, ...
split_bag() { # PREFIX
	openssl pkcs7 -inform DER -in body -print_certs |
		awk -v p="$1" '/BEGIN/ { n++ } n && /BEGIN/, /END/ { print >(p "-" n ".pem") }'
}

names_of() { # PREFIX
	local file
	for file in "$1"-?.pem; do
		openssl x509 -in "$file" -noout -subject -nameopt sep_comma_plus | sed 's/.*CN=//'
	done | paste -sd,
}

ok "ca export" "$ODCASIM" ca export --out exported
if ! launch "$ODCASIM" cloud --listen 127.0.0.1:0 --log info; then
	echo "not ok $((CASES + 1)) - odcasim cloud"
	exit 1
fi
PORT=${READY#*\"listen\":\"127.0.0.1:}
PORT=${PORT%%\"*}

# --- an authority ---------------------------------------------------------------------

is "Tiger Lake's issuing CA" "$(status_of "http://$TGL_CER")" 200
ID=$(key_id body)
AIK=https://INTC-KeyId-$ID.$DOMAIN/templates/Aik/scep
is "GetCACaps" "$(status_of "$AIK?operation=GetCACaps&message=default")" 200
printf 'SHA-256\nSHA-1\nAES256\nAES128\nDES3\nPOSTPKIOperation\nIdentityKeyAttestation\nGetCaCertChain\r\n' >caps
ok "to the byte" cmp caps body
is "without a message" "$(status_of "$AIK?operation=GetCACaps")" 200
is "it is nosniff" "$(header x-content-type-options)" nosniff
is "with a request's id" "$(header x-ms-request-id | tr -d '\n' | wc -c)" 36
is "GetCACertChain" "$(status_of "$AIK?operation=GetCACertChain&message=default")" 200
split_bag chain
CA=WUS-INTC-KEYID-${ID^^}
is "in its order" "$(names_of chain)" \
	"TEST TPM Root Certificate Authority 2014,$CA,RA Signing Certificate,RA Encryption Certificate"
for i in 3 4; do
	ok "openssl: its certificate $i" openssl verify -x509_strict -purpose any \
		-CAfile exported/root-aik.pem -untrusted chain-2.pem "chain-$i.pem"
done
cp body bag
is "GetCACert" "$(status_of "$AIK?operation=GetCACert")" 200
is "its type" "$(header content-type)" application/x-x509-ca-ra-cert
ok "the same certificates" cmp bag body
is "any case" "$(status_of "https://intc-KEYID-${ID^^}.$DOMAIN/templates/Aik/scep?operation=GetCACaps")" 200
is "no operation" "$(status_of "$AIK")" 400
is "what it says" "$(cat body)" "$PARSE"
is "no message" "$(status_of -d x "$AIK?operation=PKIOperation")" 400
is "the same" "$(cat body)" "$PARSE"
is "another template" "$(status_of "${AIK/Aik/User}?operation=GetCACaps")" 404
is "PUT" "$(status_of -T caps "$AIK?operation=PKIOperation")" 405
is "a vendor without it" "$(status_of "${AIK/INTC/AMD}?operation=GetCACaps")" 404
is "which one" "$(cat body)" "{\"Message\":\"The authority \\\"amd-keyid-$ID.$DOMAIN\\\" does not exist.\"}"

# --- what its certificates lead to ------------------------------------------------------

mapfile -t urls < <(openssl x509 -in chain-3.pem -noout -text | sed -n 's/.*URI://p')
is "the AIK CA's URL" "${urls[0]%/*}" "http://$PUBLISH/${CA,,}"
is "it is there" "$(status_of "${urls[0]}")" 200
ok "it is the chain's" cmp body <(openssl x509 -in chain-2.pem -outform DER)
is "another GUID" "$(status_of "${urls[0]/.cer/0.cer}")" 404
mapfile -t urls < <(openssl x509 -in chain-2.pem -noout -text | sed -n 's/.*URI://p')
is "the root's URLs" "${urls[*]}" "http://$PKIOPS/crl/$ROOT.crl http://$PKIOPS/certs/$ROOT.crt"
is "its certificate" "$(status_of "${urls[1]}")" 200
ok "it is the chain's" cmp body <(openssl x509 -in chain-1.pem -outform DER)
is "its list" "$(status_of "${urls[0]}")" 200
ok "openssl: with the list" openssl verify -x509_strict -crl_check \
	-CAfile exported/root-aik.pem -CRLfile <(openssl crl -inform DER -in body) chain-2.pem

# --- clients without a TPM -----------------------------------------------------------

PLAIN=http://127.0.0.1:$PORT/templates/Plain/scep
PLAIN_CA=WUS-TEST-KEYID-$(printf '%040d' 0)

is "any host of the service" "$(status_of "https://plain.$DOMAIN/templates/Plain/scep?operation=GetCACert")" 200
split_bag plain
is "its CA" "$(names_of plain)" \
	"TEST TPM Root Certificate Authority 2014,$PLAIN_CA,RA Signing Certificate,RA Encryption Certificate"
is "not under an authority's name" "$(status_of "${AIK/Aik/Plain}?operation=GetCACaps")" 404
is "this machine's own name" "$(status_of "$PLAIN?operation=GetCACaps")" 200
is "there is no Aik there" "$(status_of "${PLAIN/Plain/Aik}?operation=GetCACaps")" 404

issued() { # NAME FILE
	ok "$1: openssl" openssl verify -x509_strict -CAfile exported/root-aik.pem -untrusted plain-2.pem "$2"
	is "$1: whose it is" "$(openssl x509 -in "$2" -noout -subject | sed 's/.*CN = //')" "$1"
}

if [ -e /usr/lib/ipsec/plugins/libstrongswan-curl.so ] && command -v pki >/dev/null; then
	ok "pki --scepca" pki --scepca --url "$PLAIN" --outform pem --caout ca.pem --raout ra.pem
	says "pki: the CA" 'Sub CA cert is trusted'
	pki --gen --type rsa --size 2048 --outform pem >key.pem 2>err
	for digest in sha256 sha512; do
		# shellcheck disable=SC2016 # for the inner shell
		ok "pki --scep --digest $digest" sh -c 'pki --scep --digest "$1" --url "$0" --in key.pem \
			--dn "CN=pki" --cacert-enc ra.pem --cacert-sig ra-2.pem --cacert ca.pem --cacert ca-1.pem \
			--outform pem >pki.pem' "$PLAIN" "$digest"
		issued pki pki.pem
	done
	# shellcheck disable=SC2016
	ok "pki --scep: renewal" sh -c 'pki --gen --type rsa --size 2048 --outform pem >new.pem && pki --scep \
		--url "$0" --in new.pem --dn "CN=pki" --cacert-enc ra.pem --cacert-sig ra-2.pem --cacert ca.pem \
		--cacert ca-1.pem --cert pki.pem --key key.pem --outform pem >renewed.pem' "$PLAIN"
	issued pki renewed.pem
else
	skipped "strongSwan" "no program pki with curl (strongswan-pki, libstrongswan-extra-plugins)"
fi

if command -v scepclient >/dev/null; then
	ok "scepclient" scepclient -server-url "$PLAIN" -certificate micromdm.pem -private-key micromdm.key -cn micromdm
	issued micromdm micromdm.pem
	fails "scepclient: an authority that is not there" scepclient -server-url "${PLAIN/Plain/Aik}" \
		-certificate none.pem -private-key none.key -cn none
	says "scepclient: what it was told" 'does not exist'
else
	skipped "micromdm" "no program scepclient (scep)"
fi

# Its daemon ends with the bus; by GET it asks, in base64.
if command -v getcert dbus-run-session >/dev/null && [ -x /usr/lib/certmonger/certmonger-session ]; then
	for dir in REQUESTS CAS LOCAL_CA CONFIG TMP; do
		mkdir -p "certmonger/$dir"
		export "CERTMONGER_${dir}_DIR=$TMP/certmonger/$dir"
	done
	export CERTMONGER_TMPDIR=$TMP/certmonger/TMP
	openssl x509 -in plain-4.pem -out enc.pem
	# shellcheck disable=SC2016
	ok "certmonger" timeout 120 dbus-run-session -- sh -c 'getcert list -s &&
		getcert add-scep-ca -s -c plain -u "$0" -R "$1/plain-1.pem" -N "$1/plain-2.pem" -r "$1/enc.pem" &&
		getcert request -s -c plain -f "$1/certmonger.pem" -k "$1/certmonger.key" -N CN=certmonger \
			-L secret -w -v --wait-timeout=60' "$PLAIN" "$TMP"
	issued certmonger certmonger.pem
	ok "it asked by GET" grep -q 'method=GET .*step=PKIOperation-19 outcome="certificate' log
else
	skipped "certmonger" "no program getcert (certmonger)"
fi

ok "stop" stop
finish
