#!/usr/bin/env bash
# What 'enroll --json' says went over the wire is what a relay saw, secrets left
# out; and which certificates, and which URL would have been right.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl "$PYTHON"
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

SECRET=bm90LWZvci1yZXBvcnRz # base64 of "not-for-reports"

# Sets PID and AT.
serve() { # COMMAND...
	if ! launch "$@"; then
		echo "not ok $((CASES + 1)) - $*"
		sed 's/^/#   /' "$TMP/log"
		exit 1
	fi
	AT=${READY#*\"listen\":\"}
	AT=${AT%%\"*}
}

enroll() { # OPTION...
	"$ODCASIM" enroll "$@"
}

# The last --json, as d; python's asserts are the test.
holds() { # DESCRIPTION PYTHON
	printf '%s\n' 'import base64, hashlib, json, re' 'd = json.load(open("json"))' \
		'a = d["authority"]' 'rs = d["requests"]' 'cs = d["certificates"]' "$2" >check.py
	ok "$1" "$PYTHON" check.py
}

# enroll, its --json for holds.
record() { # STATUS DESCRIPTION OPTION...
	exits "$1" "$2" enroll --json "${@:3}"
	sed '/^error: /d; /^hint: /d' out >json
}

ok "mint" "$ODCASIM" mint --state tgl --family tgl --seed record

# --- byte for byte, with a relay --------------------------------------------------------

serve "$ODCASIM" cloud --listen 127.0.0.1:0
CLOUD=$PID CLOUD_FD=$READY_FD CLOUD_AT=$AT
serve "$PYTHON" "$TOP/tests/interop/relay.py" "$CLOUD_AT" "id=$SECRET"
RELAY_AT=$AT

same='
def seen(name):
    return re.sub(rb"(?m)^(Set-Cookie|Proxy-Authorization): .*\r$", rb"\1: (left out)\r", open(name, "rb").read())
def body(b):
    if b is None:
        return b""
    text = b["text"].encode() if "text" in b else base64.b64decode(b["base64"], validate=True)
    assert len(text) == b["bytes"]
    return text
def said(side):
    return b"".join(r[side]["head"].encode() + body(r[side]["body"]) for r in rs)
assert said("request") == seen("sent")
assert said("answer") == seen("received")
assert [r["name"] for r in rs] == ["GetCACaps", "GetCACertChain", "PKIOperation", "PKIOperation"]
assert [r["sent"] for r in rs] == [len(body(r["request"]["body"])) for r in rs]
assert [r["received"] for r in rs] == [len(body(r["answer"]["body"])) for r in rs]
'
# What has to be left out was there.
secret() { # DESCRIPTION FILE
	ok "$1: the wire has it" grep -q "$SECRET" "$2"
	fails "$1: the JSON does not" grep -q "$SECRET" json
}

record 0 "plain HTTP, with a cookie" --state tgl --connect-to "$RELAY_AT" --http
holds "what was said is what was seen" "$same"
secret "a cookie" received
holds "its name is there" 'assert all("\r\nSet-Cookie: (left out)\r\n" in r["answer"]["head"] for r in rs)'
holds "nothing of a proxy" 'assert not any("Proxy" in r["request"]["head"] for r in rs)'
ok "as text" enroll --state tgl --connect-to "$RELAY_AT" --http
says "the name of the cookie" '^Set-Cookie: \(left out\)$'
is "and not its value" "$(grep -c "$SECRET" out)" 0

rm sent received
export http_proxy=http://me:not-for-reports@$RELAY_AT
record 0 "by a proxy with a password" --state tgl --live --http
unset http_proxy
holds "what was said is what was seen" "$same"
credentials=$(printf 'me:not-for-reports' | base64)
ok "a password: the wire has it" grep -q "Proxy-Authorization: Basic $credentials" sent
fails "a password: the JSON does not" grep -qE "$credentials|not-for-reports" json
holds "its name is there" \
	'assert all("\r\nProxy-Authorization: (left out)\r\n" in r["request"]["head"] for r in rs)'
ok "the relay ends" sh -c "kill $PID"
wait "$PID"
forget

# --- with TLS -----------------------------------------------------------------------------

AT=$CLOUD_AT
record 0 "with TLS" --state tgl --connect-to "$AT"
holds "heads begin with what was asked" '
for r in rs:
    line, *fields = r["request"]["head"].split("\r\n")
    assert line == r["method"] + " " + re.sub("https://[^/]*", "", r["url"]) + " HTTP/1.1", line
    assert ("Host: " + a["host"]).lower() == fields[0].lower(), fields[0]
    assert r["url"].startswith(a["url"] + "?operation=" + r["name"])
    assert fields[-2:] == ["", ""]'
holds "and with what came" '
for r in rs:
    assert r["answer"]["head"].startswith("HTTP/1.1 %d " % r["status"])
    assert r["answer"]["head"].endswith("\r\n\r\n")
    assert r["error"] is None and r["address"] == "'"$AT"'"'
holds "text is text" '
assert rs[0]["answer"]["body"]["type"] == "text/plain"
assert rs[0]["answer"]["body"]["text"].replace("\r", "").split() == d["caps"].split(", ")'
holds "SCEP, in words" '
assert rs[0]["scep"] is None and rs[1]["scep"] is None
assert [r["scep"]["message_type"] for r in rs[2:]] == ["PKCSReq", "ClaimChallengeAnswer"]
assert [r["scep"]["pki_status"] for r in rs[2:]] == ["PENDING_CHALLENGE", "SUCCESS"]
transaction, = {r["scep"]["transaction_id"] for r in rs[2:]}
assert re.fullmatch("[0-9a-f]{40}", transaction)'
"$PYTHON" -c 'import base64, json
d = json.load(open("json"))
open("p7", "wb").write(base64.b64decode(d["requests"][2]["request"]["body"]["base64"]))'
ok "openssl reads the body" openssl cms -cmsout -print -inform DER -in p7
says "which is of that transaction" "$(sed -n 's/.*"transaction_id": "\(.*\)".*/\1/p' json | head -n 1)"

# --- certificates ---------------------------------------------------------------------------

holds "certificates are what they say" '
for c in cs:
    der = base64.b64decode("".join(c["pem"].strip().split("\n")[1:-1]))
    assert hashlib.sha256(der).hexdigest() == c["sha256"] and len(der) == c["bytes"]'
holds "all of them, in their roles" '
roles = [c["role"] for c in cs]
assert roles == ["ek"] + ["chain"] * 3 + ["above"] * 3 + ["aik-root", "aik-ca", "ra", "ra", "aik"], roles'
holds "each is of the one above it" '
up = sorted((c for c in cs if c["place"] is not None), key=lambda c: c["place"])
assert [c["place"] for c in up] == list(range(7))
for low, high in zip(up, up[1:]):
    assert low["issuer"] == high["subject"] and low["authority_key_id"] == high["key_id"]'
holds "the URL has the key of the first that is not in the TPM" '
assert a["id"] == next(c for c in cs if c["role"] == "above")["key_id"]'
holds "the AIK certificate is among them" 'assert cs[-1]["pem"] == d["certificate"]["pem"]'
holds "who was walked to" 'assert [c["place"] for c in cs if c["walked"]] == [0, 3, 2, 1]'
"$PYTHON" -c 'import json
for c in json.load(open("json"))["certificates"]:
    open(c["role"] + ".pem", "a").write(c["pem"])'
ok "openssl: the chain of the AIK's" openssl verify -ignore_critical -CAfile aik-root.pem -untrusted aik-ca.pem aik.pem
ok "openssl: the EK's is in show" sh -c '"$0" show --state tgl --pem | grep -qF "$(sed -n 2p ek.pem)"' "$ODCASIM"

# --- the right URL ----------------------------------------------------------------------------

RIGHT=$(sed -n 's/^ *"url": "\(.*\)",$/\1/p' json | head -n 1)
holds "a client of today is right" 'assert a["right"]["url"] == a["url"] and a["client"] == "current"'
ok "as text" enroll --state tgl --connect-to "$AT"
is "it does not say so" "$(grep -c 'right URL' out)" 0
for client in legacy too-far; do
	record 3 "$client" --state tgl --connect-to "$AT" --client $client
	holds "$client: built and right" "assert a['url'] != '$RIGHT' == a['right']['url'] and a['client'] == '$client'"
	holds "$client: of whom" 'assert a["right"]["from"] == "CN=CSME TGL ROM CA" and a["right"]["place"] == 3'
	holds "$client: the one answer" 'assert len(rs) == 1 and rs[0]["status"] == 404 and "text" in rs[0]["answer"]["body"]'
	exits 3 "$client: as text" enroll --state tgl --connect-to "$AT" --client $client
	says "$client: the right one" "^right URL: $RIGHT\$"
done
holds "who walks too far meets one that is not in the TPM" '
assert [c["role"] for c in cs if c["walked"]] == ["ek", "chain", "chain", "chain", "above"]'

# Whoever reads the chain, its ROM CA is there.
for fault in chain.cut chain.foreign; do
	"$ODCASIM" mint --state $fault --family tgl --seed record --fault $fault >/dev/null
	record 3 "$fault" --state $fault --connect-to "$AT"
	holds "$fault: the right one" "assert a['url'] != '$RIGHT' == a['right']['url'] and a['right']['place'] is None"
	holds "$fault: what is beside the way" \
		'assert {c["place"] for c in cs if c["role"] == "chain"} == {None} and not cs[1]["walked"]'
done
for fault in chain.missing chain.third-only; do
	"$ODCASIM" mint --state $fault --family tgl --seed record --fault $fault >/dev/null
	record 3 "$fault" --state $fault --connect-to "$AT"
	holds "$fault: nothing tells" 'assert a["right"] is None'
	exits 3 "$fault: as text" enroll --state $fault --connect-to "$AT"
	is "$fault: nor does the text" "$(grep -c 'right URL' out)" 0
done
ok "EPID" "$ODCASIM" mint --state cml --family cml --seed record --ekop "$AT"
record 0 "EPID" --state cml --connect-to "$AT" --client legacy
holds "EPID: any client is right" 'assert a["right"]["url"] == a["url"] and a["right"]["place"] == 0'
holds "EPID: EKOP was asked first" 'assert rs[0]["name"] == "EKOP" and rs[0]["url"].startswith("https://ekop.intel.test/ekcertservice/")'
holds "EPID: and gave the certificate" 'assert cs[0]["source"] == "EKOP" and "base64" not in rs[0]["answer"]["body"]'

# --- no answer, half an answer, a wrong one -----------------------------------------------------

record 1 "nobody is there" --state tgl --connect-to "$AT" --fault closed-port
holds "it is there all the same" '
assert len(rs) == 1 and rs[0]["url"].startswith(a["url"])
assert rs[0]["request"] is None and rs[0]["answer"] is None
assert rs[0]["status"] is None and rs[0]["address"] is None
assert rs[0]["error"] in d["failure"]["message"]'
PID=$CLOUD READY_FD=$CLOUD_FD
ok "SIGTERM" stop

serve "$ODCASIM" cloud --listen 127.0.0.1:0 --fault black-hole,on=PKIOperation
record 1 "silence" --state tgl --connect-to "$AT" --timeout 1
holds "what went out is there" '
assert len(rs) == 3 and rs[2]["answer"] is None and rs[2]["error"] and rs[2]["address"]
assert rs[2]["request"]["head"].startswith("POST ") and rs[2]["request"]["body"]["bytes"] == rs[2]["sent"]
assert rs[2]["scep"]["message_type"] == "PKCSReq" and rs[2]["scep"]["pki_status"] is None'
ok "SIGTERM" stop
serve "$ODCASIM" cloud --listen 127.0.0.1:0 --fault truncated-body=10,on=GetCACertChain
record 1 "half an answer" --state tgl --connect-to "$AT"
holds "is there as far as it came" '
want = int(re.search(r"Content-Length: (\d+)", rs[1]["answer"]["head"])[1])
assert rs[1]["error"] and rs[1]["status"] == 200 and rs[1]["answer"]["body"]["bytes"] == want - 10'
ok "SIGTERM" stop
serve "$ODCASIM" cloud --listen 127.0.0.1:0 --fault deny
record 3 "denied" --state tgl --connect-to "$AT"
holds "SCEP says it" 'assert rs[2]["scep"]["pki_status"] == "FAILURE" and rs[2]["scep"]["fail_info"]'
ok "SIGTERM" stop
serve "$ODCASIM" cloud --listen 127.0.0.1:0 --fault redirect-ca
record 3 "another authority's certificates" --state tgl --connect-to "$AT"
holds "they are shown" 'assert [c["role"] for c in cs][-4:] == ["aik-root", "aik-ca", "ra", "ra"]'
ok "SIGTERM" stop

# --- verify, and reproduce ------------------------------------------------------------------------

ok "verify" "$ODCASIM" verify --state tgl --json
cp out json
ok "its certificates as PEM" "$PYTHON" -c 'import base64, hashlib, json
for ek in json.load(open("json"))["eks"]:
    assert len(ek["path"]) == 7
    for c in ek["path"]:
        der = base64.b64decode("".join(c["pem"].strip().split("\n")[1:-1]))
        assert hashlib.sha256(der).hexdigest() == c["sha256"]'
ok "reproduce, the wrong URL" "$ODCASIM" reproduce wrong-aik-url
says "says which it was" '^  URL       https://INTC-KeyId-'
says "and which it should have been" '^  right URL https://INTC-KeyId-'
ok "reproduce, the fix" "$ODCASIM" reproduce fixed-client
is "which needs no other" "$(grep -c 'right URL' out)" 0
finish
