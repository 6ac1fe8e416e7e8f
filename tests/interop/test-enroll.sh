#!/usr/bin/env bash
# From an EK to an AIK certificate: our client, our services, every family; and
# tpm2-tools and openssl on what comes of it.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl curl tpm2_quote tpm2_checkquote tpm2_getcap
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

# Sets CLOUD and its address, AT; the log stays in $TMP/log.
cloud() { # OPTION...
	if ! launch "$ODCASIM" cloud --listen 127.0.0.1:0 --log info "$@"; then
		echo "not ok $((CASES + 1)) - odcasim cloud $*"
		sed 's/^/#   /' "$TMP/log"
		exit 1
	fi
	CLOUD=$PID CLOUD_FD=$READY_FD
	AT=${READY#*\"listen\":\"}
	AT=${AT%%\"*}
}

enroll() { # OPTION...
	"$ODCASIM" enroll --connect-to "$AT" "$@"
}

# A member of the last --json, by its name; the first one of that name.
member() { # NAME
	sed -n "s/^ *\"$1\": //p" out | sed 's/,$//; s/^"//; s/"$//; q'
}

mint() { # DIR OPTION...
	"$ODCASIM" mint --state "$@" >/dev/null
}

# --- nobody is asked unawares -------------------------------------------------------

ok "mint" mint tgl --family tgl --seed enroll
exits 2 "neither --connect-to nor --live" "$ODCASIM" enroll --state tgl
says "says how" '^hint: --connect-to 127.0.0.1:8443 .*--live'
exits 2 "both" "$ODCASIM" enroll --state tgl --connect-to 127.0.0.1:1 --live
exits 2 "both" "$ODCASIM" enroll --state tgl --connect-to 127.0.0.1:1 --proxy 127.0.0.1:1
exits 2 "no port" "$ODCASIM" enroll --state tgl --connect-to localhost
exits 2 "a proxy without port" "$ODCASIM" enroll --state tgl --proxy localhost
exits 2 "a context that nobody could use" "$ODCASIM" enroll --state tgl --connect-to 127.0.0.1:1 --context c
# libcurl takes a part that is missing, or that it cannot read, from the URL.
for to in :443 : 127.0.0.1: 127.0.0.1:0 127.0.0.1:99999 127.0.0.1:1:5 '[::1:1' 'a b:1'; do
	exits 2 "--connect-to '$to'" "$ODCASIM" enroll --state tgl --connect-to "$to"
	exits 2 "--ekop '$to'" "$ODCASIM" mint --state none --family cml --ekop "$to"
done
exits 2 "EKOP without a port" "$ODCASIM" mint --state none --family cml --ekop localhost
ok "and nothing is made" test ! -e none

# --- every family -------------------------------------------------------------------

"$ODCASIM" ca export --out ca
cloud
for family in tgl mcc ebg adl rpl mtl lnl ptl spt glk cnl icl cml jsl; do
	[ $family = tgl ] || ok "mint $family" mint $family --family $family --seed enroll --ekop "$AT"
	ok "$family" enroll --state $family --out $family.pem
	says "$family: says so" '^EnrollStatus\(1\): Enrolled$'
	"$ODCASIM" show --state $family --pem >ek.pem
	is "$family: of this TPM" "$(openssl x509 -in $family.pem -noout -ext subjectAltName)" \
		"$(openssl x509 -in ek.pem -noout -ext subjectAltName)"
done

# What a parser of certreq's output looks for.
digest() { # DIR
	(cd "$1" && find . -type f | sort | xargs sha256sum)
}
before=$(digest tgl)
ok "again" enroll --state tgl
cp out text
is "nothing in the state has changed" "$(digest tgl)" "$before"
for token in '^v2\.0$' "^TPM-Version:2\.0 -Level:0-Revision:1\.[0-9]*-VendorID:'INTC'-Firmware:[0-9]*\.[0-9]*$" \
	'^https://INTC-KeyId-[0-9a-f]{40}\.microsoftaik\.azure\.net/templates/Aik/scep$' '^Key = ' 'AES128' 'SHA-256' \
	'^HTTP/1\.1 200 OK$' '^Date:' '^Content-Length:' '^x-ms-request-id:' '^x-ms-client-request-id:' \
	'^PkiStatus\(11\): SCEPDispositionPendingChallenge$' '^PkiStatus\(0\): SCEPDispositionSuccess$' \
	'^EnrollStage = 12$' '^Total = ' '^New Certificate:$' '^Serial Number: [0-9a-f]*$' '^Thumbprint: [0-9a-f]{40}$' \
	'^-----BEGIN CERTIFICATE-----$' '^-----END CERTIFICATE-----$'; do
	says "token $token" "$token"
done
for token in 'Bad Request' 'No valid TPM EK'; do
	is "no '$token'" "$(grep -c "$token" text)" 0
done
is "twelve steps, in order" "$(sed -n 's/^\([A-L]\)  .*/\1/p' text | tr -d '\n')" ABCDEFGHIJKL

# --- the conversation -----------------------------------------------------------------

is "one connection for four requests" "$(tail -n 4 log | sed 's/.*client=\([^ ]*\).*/\1/' | sort -u | wc -l)" 1
is "in this order" "$(tail -n 4 log | sed 's/.*method=\([A-Z]*\) .* step=\([^ ]*\) .*status=\([0-9]*\).*/\1 \2 \3/' | tr '\n' ,)" \
	"GET GetCACaps 200,GET GetCACertChain 200,POST PKIOperation-19 200,POST PKIOperation-41 200,"
ok "plain HTTP" enroll --state tgl --http
ok "with a root of one's own" enroll --state tgl --cacert ca/root-tls.pem

# --- JSON -----------------------------------------------------------------------------

for option in --json --http; do
	exits 1 "$option that cannot be printed" sh -c 'exec "$0" "$@" >/dev/full' \
		"$ODCASIM" enroll --connect-to "$AT" --state tgl $option --out unseen.pem
	ok "the certificate is written all the same" openssl x509 -noout -in unseen.pem
	rm -f unseen.pem
done
ok "JSON" enroll --state tgl --json --out json.pem
if command -v "$PYTHON" >/dev/null; then
	cp out json
	ok "which python3 reads" "$PYTHON" -m json.tool json
	cp json out
else
	skipped "JSON is well formed" "no python3"
fi
is "enrolled" "$(member enrolled)" true
is "the last step" "$(member step)" L
is "twelve steps" "$(grep -c '"step": "[A-L]"' out)" 13
is "four requests" "$(grep -c '"method":' out)" 4
is "no check fails" "$(grep -c '"ok": false' out)" 0
is "no failure" "$(member failure)" null
is "the URL that 'show' says" "$(member url)" \
	"$("$ODCASIM" show --state tgl --json | sed -n 's/^ *"url": "\(.*\)",$/\1/p' | sort -u)"
is "the thumbprint" "$(member thumbprint)" \
	"$(openssl x509 -in json.pem -noout -fingerprint -sha1 | sed 's/.*=//; s/://g' | tr '[:upper:]' '[:lower:]')"
is "the serial number" "$(member serial)" \
	"$(openssl x509 -in json.pem -noout -serial | sed 's/.*=//' | tr '[:upper:]' '[:lower:]')"

# --- the certificate --------------------------------------------------------------------

host=$(member host)
ok "its issuers" curl -sS --max-time 60 --cacert ca/root-tls.pem --connect-to "::$AT" -o chain.p7 \
	"https://$host/templates/Aik/scep?operation=GetCACertChain&message=default"
ok "openssl reads them" openssl pkcs7 -inform DER -in chain.p7 -print_certs -out chain.pem
ok "openssl: the chain" openssl verify -x509_strict -CAfile ca/root-aik.pem -untrusted chain.pem \
	-ignore_critical json.pem
ok "openssl: what it says" openssl x509 -in json.pem -noout -text
says "an empty subject" '^ *Subject: *$'
says "for AIKs" '2\.23\.133\.8\.3'
says "sha256WithRSA" 'Signature Algorithm: sha256WithRSAEncryption'
says "the key identifier that was asked for" "$(member key_id | sed 's/../&:/g; s/:$//' | tr '[:lower:]' '[:upper:]')"

# --- the AIK -----------------------------------------------------------------------------

loaded() {
	tpm2_getcap handles-transient && tpm2_getcap handles-loaded-session && tpm2_getcap handles-persistent
}

status=3
for family in tgl cml; do
	start --state $family --startup clear
	before=$(loaded)
	ok "$family: from a served TPM" enroll --tcti "$TCTI" --out aik.pem --context aik.ctx
	is "nothing is left in it" "$(loaded)" "$before"
	openssl x509 -in aik.pem -noout -pubkey >aik.pub
	ok "tpm2_quote" tpm2_quote -Q -c aik.ctx -g sha1 -l sha256:0,1,2,7 -q c0ffee -m quote -s signature -o pcrs
	ok "tpm2_checkquote, by the certificate's key" \
		tpm2_checkquote -Q -u aik.pub -g sha1 -m quote -s signature -f pcrs -q c0ffee
	exits 1 "not for another nonce" tpm2_checkquote -Q -u aik.pub -g sha1 -m quote -s signature -f pcrs -q c0ffef
	tpm2_flushcontext -Q -t 2>/dev/null
	ok "by the environment's TCTI" enroll
	exits "$status" "a client of 2021" enroll --client legacy
	is "nothing is left then, either" "$(loaded)" "$before"
	status=0 # what an EK of the EPID era asks for was right all along
	stop
done

# --- a signal while the service is silent ---------------------------------------------------

# A job in the background of a script ignores SIGINT, unless it is told not to.
interrupt() { # SIGNAL
	env --default-signal=INT "$ODCASIM" enroll --tcti "$TCTI" --connect-to "$AT" >steps 2>"$TMP/why" &
	while read -r line; do
		[ "${line#D  }" = "$line" ] || kill -s "$1" $!
	done <steps
	wait $!
}

mkfifo steps
start --startup clear
before=$(loaded)
for signal in 15:TERM 2:INT 1:HUP; do
	kill -s STOP "$CLOUD"
	interrupt "${signal#*:}"
	is "ends by SIG${signal#*:}" $? $((128 + ${signal%:*}))
	kill -s CONT "$CLOUD"
	is "which leaves nothing in the TPM" "$(loaded)" "$before"
done
ok "and it goes on" enroll --tcti "$TCTI"
stop

# --- authorities that do not exist ---------------------------------------------------------

refused() { # STATUS HRESULT TEXT DESCRIPTION OPTION...
	exits 3 "$4" enroll --json "${@:5}"
	is "$4: status" "$(member http_status)" "$1"
	is "$4: HRESULT" "$(member hresult)" "$2"
	says "$4: text" "$3"
}

gone='The authority .*does not exist'
refused 404 0x80190194 "$gone" "Windows before November 2021" --state tgl --client legacy
refused 404 0x80190194 "$gone" "a certificate too far" --state tgl --client too-far
is "in step F" "$(member step)" F
exits 3 "as text" enroll --state tgl --client legacy
for line in '^GetCACaps: Not Found$' '^\{"Message":"The authority' '^Method: GET\([0-9]*ms\)$' '^Stage: GetCACaps$' \
	'^Not found \(404\)\. 0x80190194 \(-2145844844 HTTP_E_STATUS_NOT_FOUND\)$' '^error: enrol: step F,'; do
	says "line $line" "$line"
done
for batch in tgl:00002002 tgl:00002003 adl:00002225 adl:00002227 tgl:DEBUG000; do
	mint "$batch" --family "${batch%:*}" --batch "${batch#*:}" --seed enroll
	refused 404 0x80190194 "$gone" "batch $batch" --state "$batch"
done
for batch in mtl:00003042 mtl:00003044; do
	mint "$batch" --family "${batch%:*}" --batch "${batch#*:}" --seed enroll
	ok "batch $batch, which is registered" enroll --state "$batch"
done

# --- devices that deviate --------------------------------------------------------------------

no_ek='No valid TPM EK/Platform certificate provided'
for fault in cert.ek.bad-signature cert.ek.other-key cert.ek.expired; do
	mint $fault --family tgl --seed enroll --fault $fault
	refused 400 0x80190190 "$no_ek" "$fault" --state $fault
	is "$fault: in step I" "$(member step)" I
done
for fault in chain.missing chain.cut chain.third-only; do
	mint $fault --family tgl --seed enroll --fault $fault
	refused 404 0x80190194 "$gone" "$fault" --state $fault
done
for fault in chain.leaf-first chain.padded-ff nv.owner-auth cert.canonical-der; do
	mint $fault --family tgl --seed enroll --fault $fault
	ok "$fault" enroll --state $fault
done

# 1 and this HRESULT: no answer of the AIK service was had.
failed() { # STEP HRESULT DESCRIPTION OPTION...
	exits 1 "$3" enroll --json "${@:4}"
	is "$3: step" "$(member step)" "$1"
	is "$3: HRESULT" "$(member hresult)" "$2"
}

mint cert.ek.missing --family tgl --seed enroll --fault cert.ek.missing
failed B 0x80070490 "no EK certificate in NV" --state cert.ek.missing
mint unknown --family cml --seed nobody
failed B 0x80070490 "one that EKOP does not know" --state unknown
ok "run registers" sh -c '"$1" run --state unknown --mssim 127.0.0.1:0 --ekop "$2" >ready & pid=$!
	while ! grep -q ready ready; do kill -0 $pid || exit; done; kill $pid; wait $pid' sh "$ODCASIM" "$AT"
ok "then it does" enroll --state unknown
# shellcheck disable=SC2016 # for the inner shell
ok "exec registers, and enrolls" "$ODCASIM" exec --family glk --ekop "$AT" -- sh -c '"$0" enroll --connect-to "$1"' \
	"$ODCASIM" "$AT"

# --- what is in the way -------------------------------------------------------------------------

start --startup clear
tpm2_changeauth -c owner secret
failed A 0x80290401 "an owner with a password" --tcti "$TCTI"
stop
failed A 0x80290401 "no TPM" --tcti mssim:host=127.0.0.1,port=1
is "no TPM: source" "$(member source)" "TCTI 'mssim:host=127.0.0.1,port=1'"
mkdir directory
# No request is made whose certificate would be lost.
requests=$(wc -l <log)
for option in --out --context; do
	for path in none/file directory; do
		exits 1 "$option $path" enroll --tcti mssim:host=127.0.0.1,port=1 --json $option $path
		says "$option $path: says so" "^error: (create|write) '$path"
	done
done
is "and nothing is left there" "$(ls -d directory* none* 2>/dev/null)" directory
is "nobody was asked" "$(wc -l <log)" "$requests"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout other.key -out other.pem 2>/dev/null
failed E 0x80072f8f "TLS of somebody else" --state tgl --cacert other.pem
if command -v "$PYTHON" >/dev/null; then
	launch "$PYTHON" "$TOP/tests/interop/tunnel.py" "$AT"
	proxy=${READY#*\"listen\":\"}
	proxy=${proxy%%\"*}
	ok "by a proxy" "$ODCASIM" enroll --state tgl --proxy "$proxy"
	says "it is through" '^EnrollStatus\(1\): Enrolled$'
	is "one tunnel, to the authority" "$(grep -a ^CONNECT log | sed 's/INTC-KeyId-[0-9a-f]*/KEY/')" \
		"CONNECT KEY.microsoftaik.azure.net:443 HTTP/1.1"
	exits 1 "and the environment's is not asked" env https_proxy=http://"$proxy" no_proxy='*' \
		"$ODCASIM" enroll --state tgl --proxy 127.0.0.1:1
	says "by a proxy that is not there" 'enrol: step E'
	stop || true
else
	skipped "a proxy" "no python3"
fi
AT=127.0.0.1:1
failed E 0x80072efd "nobody is there" --state tgl
exits 1 "nor EKOP" "$ODCASIM" mint --state late --family cml --ekop "$AT"
says "what it was for" '^error: register EK RSA-2048 at EKOP'
says "and how to go on" '^hint: .*registers it again$'
PID=$CLOUD READY_FD=$CLOUD_FD
ok "SIGTERM" stop

# --- a hierarchy of one's own ---------------------------------------------------------------------

ok "ca init" "$ODCASIM" ca init --pki pki
ok "mint" mint own --pki pki --family tgl --seed enroll
cloud --pki pki
ok "its device" enroll --pki pki --state own
refused 404 0x80190194 "$gone" "a device of another one" --pki pki --state tgl
failed E 0x80072f8f "a client of another one" --state own
ok "revoke its batch" "$ODCASIM" ca revoke --pki pki --family tgl --batch 00002004
refused 400 0x80190190 "$no_ek" "revoked" --pki pki --state own
ok "SIGTERM" stop
finish
