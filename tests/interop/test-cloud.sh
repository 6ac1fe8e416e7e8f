#!/usr/bin/env bash
# The services around a TPM, as curl, openssl and tpm2-tools see them; and
# clients that are slow, large, wrong or many.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs curl openssl tpm2_getekcertificate
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

TSCI=tsci.intel.test/content/OnDieCA
CRL=$TSCI/crls/OnDie_CA_CSME_Product.crl
ROOT_CER=$TSCI/certs/OnDie_CA_RootCA_Certificate.cer
EKOP=ekop.intel.test/ekcertservice
AIK=amd-keyid-907d65e9b562315997dd5ad086b2b7598957b92c.microsoftaik.azure.net

# Sets PORT; the log stays in $TMP/log.
cloud() { # OPTION...
	if ! launch "$ODCASIM" cloud --listen 127.0.0.1:0 --log info "$@"; then
		echo "not ok $((CASES + 1)) - odcasim cloud $*"
		sed 's/^/#   /' "$TMP/log"
		exit 1
	fi
	PORT=${READY#*\"listen\":\"127.0.0.1:}
	PORT=${PORT%%\"*}
}

# Every name is at our port.
fetch() { # CURL-OPTION... URL
	curl -sS --max-time 60 --cacert tls.pem --connect-to "::127.0.0.1:$PORT" "$@"
}

status_of() { # CURL-OPTION... URL
	fetch -o body -w '%{http_code}' "$@"
}

# The value of a header in the file `headers`, which curl -D writes.
header() { # NAME
	tr -d '\r' <headers | sed -n "s/^$1: //Ip"
}

ok "ca init" "$ODCASIM" ca init --pki pki
ok "mint a device of the EPID era" "$ODCASIM" mint --pki pki --state cml --family cml --seed cloud
ok "mint one of the On-Die CA" "$ODCASIM" mint --pki pki --state tgl --family tgl --seed cloud
ok "ca export" "$ODCASIM" ca export --pki pki --out exported
cp exported/root-tls.pem tls.pem
cloud --pki pki --state cml --pid pid
is "the process id, twice" "{\"ready\":true,\"listen\":\"127.0.0.1:$PORT\",\"pid\":$(cat pid)}" "$READY"

# --- certificates and CRLs -----------------------------------------------------------

is "HTTPS" "$(status_of -D headers "https://$CRL")" 200
ok "the list is the file" cmp body pki/crls/OnDie_CA_CSME_Product.crl
is "its type" "$(header content-type)" application/pkix-crl
is "its length" "$(header content-length)" "$(stat -c %s body)"
is "one length" "$(header content-length | wc -l)" 1
is "its date" "$(date -ud "$(header last-modified)" +%s)" "$(stat -c %Y pki/crls/OnDie_CA_CSME_Product.crl)"
tag=$(header etag) date=$(header last-modified)
is "the same list, unchanged" "$(status_of -H "If-None-Match: $tag" "https://$CRL")" 304
is "by its date" "$(status_of -H "If-Modified-Since: $date" "https://$CRL")" 304
is "another tag" "$(status_of -H 'If-None-Match: "x"' "https://$CRL")" 200
is "plain HTTP on the same port" "$(status_of "http://$ROOT_CER")" 200
ok "the root is the file" cmp body pki/certs/OnDie_CA_RootCA_Certificate.cer
is "HEAD" "$(status_of -I "https://$ROOT_CER")" 200
is "HEAD has the length" "$(tr -d '\r' <body | sed -n 's/^Content-Length: //p')" \
	"$(stat -c %s pki/certs/OnDie_CA_RootCA_Certificate.cer)"
is "a proxy's request" "$(curl -sS -o body -w '%{http_code}' -x "http://127.0.0.1:$PORT" "http://$ROOT_CER")" 200
is "by address" "$(curl -sS -o body -w '%{http_code}' --cacert tls.pem "https://127.0.0.1:$PORT/${ROOT_CER#*/}")" 200
is "HTTP/1.0" "$(status_of -0 "http://$ROOT_CER")" 200
is "no such file" "$(status_of "https://${CRL}x")" 404
is "no such host" "$(status_of "http://tsci.intel.com/content")" 404
is "POST" "$(status_of -D headers -d x "https://$CRL")" 405
is "POST: what is allowed" "$(header allow)" "GET, HEAD"
exits 60 "without the root" curl -sS --connect-to "::127.0.0.1:$PORT" "https://$CRL"
exits 60 "a name that the certificate does not have" fetch https://tsci.intel.com/
ok "openssl: the chain" openssl s_client -connect "127.0.0.1:$PORT" -CAfile tls.pem \
	-servername "$AIK" -verify_hostname "$AIK" -verify_return_error
says "openssl: verified" 'Verify return code: 0'

# Each URL in a device's certificates.
"$ODCASIM" show --pki pki --state tgl --pem >tgl.pem
"$ODCASIM" show --pki pki --state cml --pem >cml.pem
openssl storeutl -noout -text -certs tgl.pem >tgl.txt
openssl storeutl -noout -text -certs cml.pem >cml.txt
mapfile -t urls < <(sed -n 's/.*URI:\(http.*\.\(cer\|crl\)\)$/\1/p' tgl.txt cml.txt | sort -u)
isnt "there are URLs" "${#urls[@]}" 0
for url in "${urls[@]}"; do
	is "$url" "$(status_of "$url")" 200
done

before=$(sha256sum <pki/crls/OnDie_CA_CSME_Product.crl)
ok "revoke a batch" "$ODCASIM" ca revoke --pki pki --family tgl --batch 00002004
isnt "another list" "$(sha256sum <pki/crls/OnDie_CA_CSME_Product.crl)" "$before"
is "it is served at once" "$(status_of -D headers -H "If-None-Match: $tag" "https://$CRL")" 200
ok "it is the new one" cmp body pki/crls/OnDie_CA_CSME_Product.crl
ok "openssl reads it" openssl crl -inform DER -in body -noout -text
says "with the entry" 'Serial Number'

# --- EKOP ----------------------------------------------------------------------------

# shellcheck disable=SC2016 # for the inner shell
getek='tpm2_createek -Q -G rsa -u ek.pub -c ek.ctx && tpm2_getekcertificate -X -u ek.pub -o "$1" "$0"'
ok "tpm2_getekcertificate" \
	"$ODCASIM" exec --pki pki --state cml -- sh -c "$getek" "https://127.0.0.1:$PORT/ekcertservice/" ekop.der
ok "openssl: its chain" openssl verify -x509_strict -CAfile exported/root-epid.pem -untrusted cml.pem \
	-ignore_critical ekop.der
ok "through a proxy" env "http_proxy=http://127.0.0.1:$PORT" \
	"$ODCASIM" exec --pki pki --state cml -- sh -c "$getek" "http://$EKOP/" proxy.der
ok "it is the same" cmp ekop.der proxy.der
hash=$(sed -n 's/.*method=GET host=ekop.intel.test path=\/ekcertservice\/\([^ ]*\).*/\1/p' log | head -n 1)
is "asked for by hand" "$(status_of "https://$EKOP/$hash")" 200
mv body ekop.json
ok "stop" stop
ok "the file with the process id is gone" test ! -e pid

cloud --pki pki --timeout 2
is "EKOP knows nothing" "$(status_of "https://$EKOP/$hash")" 404
is "PUT" "$(status_of -T ekop.json "https://$EKOP/$hash")" 201
is "PUT again" "$(status_of -T ekop.json "https://$EKOP/$hash")" 204
is "EKOP has it" "$(status_of "https://$EKOP/$hash")" 200
ok "to the byte" cmp body ekop.json
head -c 500 ekop.json >cut.json
is "PUT of half" "$(status_of -T cut.json "https://$EKOP/$hash")" 400
ok "mint elsewhere" "$ODCASIM" mint --state foreign --family cml --seed cloud2
sed -n '/BEGIN/,/END/p;/END/q' <("$ODCASIM" show --state foreign --pem) >foreign.pem
openssl x509 -in foreign.pem -outform DER -out foreign.der
foreign_hash=$({
	# shellcheck disable=SC2059 # the format is the bytes
	printf "$(openssl x509 -in foreign.pem -noout -modulus | sed 's/Modulus=//; s/../\\x&/g')"
	printf '\1\0\1'
} | openssl dgst -sha256 -binary | base64 -w 0 | tr '+/' '-_')
printf '{"pubhash":"%s","certificate":"%s"}' "$foreign_hash" \
	"$(base64 -w 0 foreign.der | tr '+/' '-_')" >foreign.json
is "PUT of another hierarchy's" "$(status_of -T foreign.json "https://$EKOP/$foreign_hash")" 403
is "PUT under another's name" "$(status_of -T ekop.json "https://$EKOP/$foreign_hash")" 400

# --- the AIK service -------------------------------------------------------------------

is "no such authority" "$(status_of -D headers "https://${AIK^^}/templates/Aik/scep?operation=GetCACaps&message=default")" 404
is "what it says" "$(cat body)" "{\"Message\":\"The authority \\\"$AIK\\\" does not exist.\"}"
is "its length" "$(header content-length)" 121
is "its type" "$(header content-type)" "application/json; charset=utf-8"
is "nosniff" "$(header x-content-type-options)" nosniff
is "strict transport security" "$(header strict-transport-security)" "max-age=31536000;includeSubDomains"
is "a GUID" "$(header x-ms-request-id | tr '0-9a-f' x)" xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
is "its line in the log" \
	"$(sed -n "s/.* http client=127.0.0.1:[0-9]* \(method=GET host=$AIK .*\) bytes=121 ms=[0-9.]*$/\1/p" log)" \
	"method=GET host=$AIK path=/templates/Aik/scep authority=$AIK step=authority outcome=\"the authority does not exist\" status=404"
is "with the root's dot" "$(status_of "http://$AIK./templates/Aik/scep")" 404
is "it says the same" "$(cat body)" "{\"Message\":\"The authority \\\"$AIK\\\" does not exist.\"}"

# --- wrong requests ----------------------------------------------------------------------

# The first line of the answer to raw text.
answer() { # TEXT
	local fd line=
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	printf '%b' "$1" >&"$fd"
	IFS= read -r -t 30 line <&"$fd"
	exec {fd}>&-
	printf '%s' "${line%$'\r'}"
}

refused() { # DESCRIPTION STATUS TEXT
	local line
	line=$(answer "$3")
	is "$1" "${line:0:12}" "HTTP/1.1 $2"
}

refused "no host" 400 'GET / HTTP/1.1\r\n\r\n'
refused "two hosts" 400 'GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n'
refused "a host that is none" 400 'GET / HTTP/1.1\r\nHost: a"b\r\n\r\n'
refused "a line break in the path" 404 'GET /a%0Ab%00c HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'
refused "CONNECT" 400 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'
refused "no number as a length" 400 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n'
refused "an endless length" 413 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n'
refused "70 headers" 431 "GET / HTTP/1.1\r\nHost: a\r\n$(printf 'a%d: b\\r\\n' {1..70})\r\n"
refused "a long header" 431 "GET / HTTP/1.1\r\nHost: a\r\na: $(printf 'a%.0s' {1..80000})\r\n\r\n"
refused "a long path" 414 "GET /$(printf 'a%.0s' {1..80000}) HTTP/1.1\r\nHost: a\r\n\r\n"
is "no TLS after its first octet: cut" "$(answer '\x16GET / HTTP/1.1\r\n\r\n' | tr -d '\0' | head -c 4)" ""
head -c 70000 /dev/zero >large
is "a body too long" "$(status_of -T large "http://$EKOP/$hash")" 413
is "the same without a length" "$(status_of -T - "http://$EKOP/$hash" <large)" 413
head -c 3000000 /dev/zero >larger
is "a longer one" "$(status_of -T larger "http://$EKOP/$hash")" 413
is "of a client that does not wait" "$(status_of -H Expect: -T larger "http://$EKOP/$hash")" 413
head -c 20000000 /dev/zero >huge
fails "one much too long, without a length: cut" fetch -T - "http://$EKOP/$hash" <huge

# --- slow clients ------------------------------------------------------------------------

# Seconds until a connection ends that gets these octets, one each 100 ms, again
# and again; "-" says nothing.
lasts() { # TEXT
	local fd begin=$SECONDS feeder
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
	feed "$fd" "$1" 2>/dev/null &
	feeder=$!
	timeout 30 cat <&"$fd" >/dev/null 2>&1
	kill "$feeder" 2>/dev/null
	wait "$feeder" 2>/dev/null
	exec {fd}>&-
	echo $((SECONDS - begin))
}

feed() { # FD TEXT
	local i never
	exec {never}<> <(:)
	[ "$2" != - ] || return
	while :; do
		for ((i = 0; i < ${#2}; i++)); do
			printf '%s' "${2:i:1}" >&"$1" || return
			read -r -t 0.1 -u "$never"
		done
	done
}

cut_in_time() { # DESCRIPTION TEXT
	local seconds
	seconds=$(lasts "$2")
	ok "$1: cut after $seconds seconds" test "$seconds" -ge 1 -a "$seconds" -le 6
}

cut_in_time "says nothing" -
cut_in_time "a header by the octet" $'GET / HTTP/1.1\nHost: a\nx: '
cut_in_time "half a TLS handshake" $'\x16\x03\x01\x01'
# A body by the octet, and a request that is kept waiting after an answer.
cut_in_time "a body by the octet" $'PUT / HTTP/1.1\nHost: a\nContent-Length: 5000\n\n'
ok "stop" stop

# --- many clients --------------------------------------------------------------------------

cloud --pki pki

# Hold COUNT connections, of which each second one says nothing and the others
# $BEGIN, the begin of a request, and do COMMAND meanwhile.
BEGIN='GET / HTTP/1.1\r\nHost: a\r\n'
among() { # COUNT COMMAND...
	(
		ulimit -n $(($1 + 100)) || exit 77
		for ((i = 0; i < $1; i++)); do
			exec {fd}<>"/dev/tcp/127.0.0.1/$PORT" || exit 1
			((i % 2)) || printf '%b' "$BEGIN" >&"$fd"
		done
		"${@:2}"
	)
}

# Ask on the connection KEPT; how the answer begins.
ask_again() {
	local line rest
	printf 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n' >&"$KEPT"
	IFS= read -r -t 30 line <&"$KEPT"
	while IFS= read -r -t 30 rest <&"$KEPT" && [ "$rest" != $'\r' ]; do :; done
	printf '%s' "${line:0:12}"
}

if [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -ge 2100 ]; then
	is "served among 2000 connections that wait" "$(among 2000 status_of "http://$CRL")" 200
	is "with TLS" "$(among 2000 status_of "https://$CRL")" 200
	is "among 2000 of which half have been answered" \
		"$(BEGIN+='\r\n' among 2000 status_of "https://$CRL")" 200
	exec {KEPT}<>"/dev/tcp/127.0.0.1/$PORT"
	is "a client that stays" "$(ask_again)" "HTTP/1.1 404"
	is "is not pushed out by 2000 that begin" "$(among 2000 ask_again)" "HTTP/1.1 404"
	exec {KEPT}>&-
else
	skipped "2000 connections" "no more than $(ulimit -Hn) descriptors here"
fi
ok "200 requests of 32 clients" curl -sS --max-time 60 --cacert tls.pem --connect-to "::127.0.0.1:$PORT" \
	-Z --parallel-immediate --parallel-max 32 -o /dev/null -w '%{http_code}\n' "https://$CRL?[1-200]"
is "all are answered" "$(grep -c '^200$' out)" 200

# --- the end ---------------------------------------------------------------------------------

exec {idle}<>"/dev/tcp/127.0.0.1/$PORT"
exec {half}<>"/dev/tcp/127.0.0.1/$PORT"
printf 'GET / HTTP/1.1\r\nHost:' >&"$half"
ok "SIGTERM, while clients wait" stop
exec {idle}>&- {half}>&-

exits 2 "an address that is not loopback" timeout 20 "$ODCASIM" cloud --listen 0.0.0.0:0
says "says how to insist" '--allow-remote'
exits 2 "a UNIX socket" timeout 20 "$ODCASIM" cloud --listen unix:sock
exits 2 "no port" timeout 20 "$ODCASIM" cloud --listen 127.0.0.1
exits 1 "no hierarchy" timeout 20 "$ODCASIM" cloud --listen 127.0.0.1:0 --pki exported
exits 2 "a descriptor that is not open" timeout 20 "$ODCASIM" cloud --listen 127.0.0.1:0 --ready-fd 99
cloud --listen 127.0.0.1:0
exits 1 "a port in use" timeout 20 "$ODCASIM" cloud --listen "127.0.0.1:$PORT"
says "names the port" "$PORT"
"$ODCASIM" ca export --out built-in
is "the built-in hierarchy" "$(fetch -o body -w '%{http_code}' --cacert built-in/root-tls.pem "https://$CRL")" 200
ok "SIGTERM" stop
finish
