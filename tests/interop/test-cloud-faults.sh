#!/usr/bin/env bash
# What goes wrong at the services and on the wire, on purpose, as curl and
# 'odcasim enroll' see it: each fault is real.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs curl openssl
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

"$ODCASIM" ca export --out ca
ok "a device" "$ODCASIM" mint --state tgl --family tgl --seed faults
AIK=$("$ODCASIM" show --state tgl --json | sed -n 's/^ *"url": "\(.*\)",$/\1/p' | head -n 1)

# Sets AT and PID; the log stays in $TMP/log.
cloud() { # OPTION...
	if ! launch "$ODCASIM" cloud --listen 127.0.0.1:0 --log info "$@"; then
		echo "not ok $((CASES + 1)) - odcasim cloud $*"
		sed 's/^/#   /' "$TMP/log"
		exit 1
	fi
	AT=${READY#*\"listen\":\"}
	AT=${AT%%\"*}
}

fetch() { # CURL-OPTION...
	curl -sS --max-time 20 --cacert ca/root-tls.pem --connect-to "::$AT" "$@"
}

member() { # NAME: of the failure in the JSON
	sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}$/\1/p" out | tail -n 1
}

# --- each of them, as Windows would take it --------------------------------------------

# fault|exit status|step|HTTP status|HRESULT|client
while IFS='|' read -r fault status step http hresult client; do
	cloud --fault "$fault"
	exits "$status" "$fault" "$ODCASIM" enroll --state tgl --connect-to "$AT" --timeout 2 \
		--client "$client" --json
	is "$fault: step" "$(member step)" "$step"
	is "$fault: HTTP status" "$(member http_status)" "$http"
	is "$fault: HRESULT" "$(member hresult)" "$hresult"
	is "$fault: it is in the log" "$(grep -c "fault=$fault armed" log)" 1
	ok "$fault: the cloud ends well" stop
done <<'END'
status-429|3|F|429|0x801901ad|current
status-500,after=1|3|G|500|0x801901f4|current
status-503,on=PKIOperation|3|I|503|0x801901f7|current
status-504,on=PKIOperation,after=1|3|K|504|0x801901f8|current
proxy-auth|3|F|407|0x80190197|current
redirect-ca|3|G|200|0x80092009|current
redirect-ca|3|G|200|0x80092009|legacy
truncated-body=10,on=GetCACertChain|1|G|200|0x80072efe|current
slow=3|1|F|null|0x80072ee2|current
black-hole,on=PKIOperation|1|I|null|0x80072ee2|current
reset|1|F|null|0x80072efe|current
tls-other-root|1|E|null|0x80072f8f|current
tls-expired=3|1|E|null|0x80072f8f|current
not-scep|3|I|400|0x80190190|current
unregistered|3|F|404|0x80190194|current
deny|3|I|200|null|current
deny,after=1|3|K|200|null|current
wrong-aik-key|3|L|200|0x80092009|current
wrong-challenge|1|J|200|0x8028009f|current
not-chaining|3|L|200|0x800b010a|current
no-crl|0|L|||current
END

# --- the client's ------------------------------------------------------------------------

cloud
while IFS='|' read -r fault status step http hresult; do
	exits "$status" "$fault" "$ODCASIM" enroll --state tgl --connect-to "$AT" --fault "$fault" --json
	is "$fault: step" "$(member step)" "$step"
	is "$fault: HTTP status" "$(member http_status)" "$http"
	is "$fault: HRESULT" "$(member hresult)" "$hresult"
done <<'END'
name-not-resolved|1|E|null|0x80072ee7
closed-port|1|E|null|0x80072efd
closed-port,on=PKIOperation,after=1|1|K|null|0x80072efd
no-ek-certificate|3|I|400|0x80190190
wrong-secret|3|K|200|null
END
ok "without" "$ODCASIM" enroll --state tgl --connect-to "$AT"
ok "not yet" "$ODCASIM" enroll --state tgl --connect-to "$AT" --fault closed-port,after=4
exits 2 "the cloud's" "$ODCASIM" enroll --state tgl --connect-to "$AT" --fault reset
stop

# Every row of the table is above.
for name in $("$ODCASIM" faults --json | awk -F'"' '
	/"name":/ { name = $4 } /"commands": "(cloud|enroll)/ { print name }'); do
	ok "$name is tried" grep -q "^${name}[|=,]" "$TOP/tests/interop/test-cloud-faults.sh"
done

# --- as curl sees it --------------------------------------------------------------------

cloud --fault status-429=7,count=1
ok "once" fetch -D head "$AIK?operation=GetCACaps"
cp head out
says "429" '^HTTP/1.1 429 '
says "when to come back" '^Retry-After: 7'
says "which fault" '^X-Fault: status-429'
ok "and then never again" fetch -D head "$AIK?operation=GetCACaps"
cp head out
says "200" '^HTTP/1.1 200 '
is "without a word of it" "$(grep -ci x-fault head)" 0
ok "the log has it" grep -q ' fault=status-429 ' log
stop

cloud --fault proxy-auth
exits 56 "a proxy for TLS" curl -sS --proxy "http://$AT" "$AIK?operation=GetCACaps"
says "asks for authentication" 'CONNECT tunnel failed, response 407|HTTP code 407 from proxy'
exits 3 "and enroll, which goes by it" "$ODCASIM" enroll --state tgl --proxy "$AT" --json
is "there is no connection" "$(member step)" E
is "its answer: status" "$(member http_status)" 407
is "its answer: HRESULT" "$(member hresult)" 0x80190197
ok "it was asked for a tunnel" grep -q 'method=CONNECT .*status=407' log
exits 3 "without TLS there is no tunnel" "$ODCASIM" enroll --state tgl --proxy "$AT" --http --json
is "but a connection" "$(member step)" F
is "and the same status" "$(member http_status)" 407
stop

cloud --fault truncated-body=100
exits 18 "a body that ends early" fetch -o part "$AIK?operation=GetCACertChain"
stop
cloud
ok "whole" fetch -o whole "$AIK?operation=GetCACertChain"
is "a hundred octets are missing" $(($(stat -c %s whole) - $(stat -c %s part))) 100
stop

CRL=https://tsci.intel.test/content/OnDieCA/crls/OnDie_CA.crl
cloud --fault no-crl,count=1
exits 22 "no list" fetch -f -o /dev/null "$CRL"
says "503" 'error: 503'
ok "certificates come" fetch -f -o /dev/null https://tsci.intel.test/content/OnDieCA/certs/OnDie_CA_CSME_Intermediate.cer
ok "and later the list" fetch -f -o /dev/null "$CRL"
stop

cloud --fault tls-other-root
exits 60 "an interceptor" fetch "$AIK?operation=GetCACaps"
ok "for who does not look" fetch -k -D head "$AIK?operation=GetCACaps"
ok "it is there" grep -qi '^x-fault: tls-other-root' head
stop

cloud --fault black-hole,count=1
exits 28 "a black hole" fetch --max-time 1 "$AIK?operation=GetCACaps"
ok "others are served meanwhile" fetch "$AIK?operation=GetCACaps"
stop

# A black hole does not keep the program from its end.
cloud --fault black-hole
fetch "$AIK?operation=GetCACaps" >/dev/null 2>&1 &
waiting=$!
while ! grep -q "no answer" log; do kill -0 "$waiting" || break; done
ok "the cloud ends while one waits" stop
wait "$waiting"
isnt "and who waited learns it" $? 0

# --- dice -----------------------------------------------------------------------------

draw() { # SEED
	local n
	cloud --fault status-503,prob=50% --seed "$1"
	for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
		fetch -o /dev/null -w '%{http_code} ' "$AIK?operation=GetCACaps"
	done
	stop
}
one=$(draw one)
is "the same seed, the same run" "$(draw one)" "$one"
isnt "another seed, another run" "$(draw two)" "$one"
cp log out
says "the log says the seed" '--seed two replays this run'
exits 1 "a seed that was drawn" "$ODCASIM" enroll --state tgl --connect-to 127.0.0.1:1 --fault closed-port,prob=50%
says "is said unasked" 'warn fault --seed [0-9a-f]{16} replays this run'
exits 1 "without dice" "$ODCASIM" enroll --state tgl --connect-to 127.0.0.1:1 --fault closed-port
is "there is none to say" "$(grep -c replays out)" 0

# --- the command line --------------------------------------------------------------------

exits 2 "an unknown fault" "$ODCASIM" cloud --fault status-430
says "what was meant" "did you mean 'status-"
exits 2 "a device's" "$ODCASIM" cloud --fault chain.missing
exits 2 "an argument where there is none" "$ODCASIM" cloud --fault reset=1
exits 2 "dice for what is there from the start" "$ODCASIM" cloud --fault tls-expired,prob=5%
exits 2 "no percentage" "$ODCASIM" cloud --fault reset,prob=0.5
ok "explain" "$ODCASIM" faults black-hole
says "whose option" 'option of +cloud'
finish
