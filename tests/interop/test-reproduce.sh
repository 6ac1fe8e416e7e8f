#!/usr/bin/env bash
# Failure modes made to happen: every row of the table, and that a row whose
# cause is taken away fails.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY
export LC_ALL=C TMPDIR=$TMP/lab
mkdir lab

reproduce() { # OPTION...
	"$ODCASIM" reproduce "$@"
}

# --- the list -----------------------------------------------------------------------

ok "list" reproduce --list
says "the one that everybody asks for" '^wrong-aik-url  *Wrong AIK URL on Tiger Lake'
says "what cannot be here says why" '^ *not here: Windows'
ok "as JSON" reproduce --list --json
cp out list
if command -v "$PYTHON" >/dev/null; then
	ok "which python3 reads" "$PYTHON" -m json.tool list
else
	skipped "python3 reads the list" "no python3"
fi
ok "a fault" "$ODCASIM" faults tls-other-root
says "says where it is shown" '^ *see *odcasim reproduce tls-interceptor$'
ok "a client's" "$ODCASIM" faults wrong-secret
says "says where, too" '^ *see *odcasim reproduce secret-wrong$'
says "and how to try it" '^ *try *odcasim enroll .*--connect-to .*--fault wrong-secret$'
ok "help" reproduce --help
says "what the bug is" 'odcasim reproduce wrong-aik-url  *# Tiger Lake, Windows without KB5007253'
says "and what mends it" 'odcasim reproduce fixed-client  *# .*chain in NV is read'
# Of the top level only; what is Windows' own has a reason in "absent".
mapfile -t names < <(awk '/^      "name":/ { name = $2 } /^      "absent": null/ { print name }' list | tr -d '",')
mapfile -t absent < <(awk '/^      "name":/ { name = $2 } /^      "absent": "/ { print name }' list | tr -d '",')
is "40 modes at least" "$((${#names[@]} >= 40))" 1

# --- none of them -------------------------------------------------------------------

# No device can be made: each is said not to have been tried.
none() {
	(ulimit -f 1 && "$ODCASIM" reproduce --all 2>/dev/null) | cat
	return "${PIPESTATUS[0]}"
}
exits 1 "where no file can be written" none
is "each was not tried" "$(grep -c ' not tried: ' out)" ${#names[@]}
says "none is as expected" "^0 of ${#names[@]} as expected"

# --- all of them --------------------------------------------------------------------

ok "all" reproduce --all --timeout 1 --junit all.xml
cp out table
for name in "${names[@]}"; do
	is "$name" "$(grep -c "^$name  *[A-L] .*+ as expected$" table)" 1
done
if command -v xmllint >/dev/null; then
	is "JUnit: tests, failures, errors, skipped" \
		"$(xmllint --xpath 'concat(//testsuite/@tests, " ", //testsuite/@failures, " ", //testsuite/@errors, " ", //testsuite/@skipped)' all.xml)" \
		"$((${#names[@]} + ${#absent[@]})) 0 0 ${#absent[@]}"
	for name in "${absent[@]}"; do
		is "JUnit: $name is skipped, with the reason" \
			"$(xmllint --xpath "string-length(//testcase[@name = '$name']/skipped/@message) > 20" all.xml)" true
	done
else
	skipped "JUnit" "optional: no xmllint"
fi
is "one line each" "$(grep -c 'as expected$' table)" "${#names[@]}"
is "nothing is left" "$(ls lab)" ""

# --- without its cause a row fails --------------------------------------------------

for name in wrong-aik-url unregistered-batch one-certificate-too-far chain-not-in-nv ekop-down ek-chain-untrusted \
	ek-of-another-key device-revoked issuing-ca-revoked \
	ek-certificate-not-sent challenge-not-for-this-aik secret-wrong black-hole tls-interceptor tpm-not-ready aik-untrusted-root \
	redirected-to-another-ca denied; do
	exits 1 "$name, with nothing wrong" reproduce $name --without-cause
	says "$name: it enrols" '^  \+ L '
	says "$name: and that is not what the row says" 'NOT as expected: want none, have one$'
done

# --- one, explained -------------------------------------------------------------------

ok "wrong-aik-url" reproduce wrong-aik-url
cp out wrong
for step in A B C D E; do
	says "step $step" "^  \\+ $step "
done
says "step F fails" '^  x F '
says "step G is not reached" '^  - G '
says "the event" '^  Windows   event 86 of Microsoft-Windows-CertificateServicesClient-CertEnroll$'
for line in 'SCEP Certificate enrollment initialization for WORKGROUP\\[A-Z-]+\$ via https://INTC-KeyId-[0-9a-f]{40}\..* failed:' \
	'GetCACaps: Not Found' 'HTTP/1\.1 404 Not Found' 'Method: GET\([0-9]+ms\)' 'Stage: GetCACaps'; do
	says "the event: $line" "^            $line\$"
done
says "the HRESULT" 'Not found \(404\)\. 0x80190194 \(-2145844844 HTTP_E_STATUS_NOT_FOUND\)'
says "the service's words" 'does not exist'
says "Autopilot's code" '^  Autopilot .*0x81039001'
says "what helps" 'KB5007253'
says "how sure" '^  how sure  documented: '
is "in ASCII" "$(LC_ALL=C grep -c '[^ -~]' wrong)" 0
LC_ALL=C.UTF-8 ok "in UTF-8" reproduce wrong-aik-url
says "with a cross" "^  $(printf '\342\234\230') F "

ok "fixed-client" reproduce fixed-client
isnt "another URL" "$(sed -n 's/^  URL *//p' out)" "$(sed -n 's/^  URL *//p' wrong)"

# What it says can be done by hand gives the same.
launch "$ODCASIM" cloud --listen 127.0.0.1:0
at=${READY#*\"listen\":\"}
at=${at%%\"*}
sed -n 's/^  by hand//; /^ *odcasim \(mint\|enroll\)/p' wrong | sed "s/127.0.0.1:8443/$at/; s:^ *odcasim:'$ODCASIM':" >by-hand
is "two commands" "$(wc -l <by-hand)" 2
exits 3 "by hand" sh by-hand
says "by hand: the same failure" '0x80190194'
ok "the services end" stop

ok "denied" reproduce denied
says "the event" '^  Windows   event 87 of Microsoft-Windows-CertificateServicesClient-CertEnroll$'
for line in 'SCEP Certificate enrollment for WORKGROUP.* failed:' 'PkiStatus\(2\): SCEPDispositionFailure' \
	'EnrollStatus\(256\): EnrollDenied' 'Method: POST\([0-9]+ms\)' 'Stage: PKIOperation'; do
	says "the event: $line" "^            $line\$"
done
is "and no code" "$(grep -c 0x00000000 out)" 0

ok "before anything is asked" reproduce ekop-unknown-ek
says "there is no event" '^  Windows   no event of CertEnroll'
says "but the HRESULT" '0x80070490'
ok "what was not seen" reproduce redirected-to-another-ca
says "says so" '^ +whose form is inferred$'

ok "JSON" reproduce port-closed --json
says "the event" '"text": "SCEP Certificate enrollment initialization .*Stage: GetCACaps.n'
says "the mode" '"mode": "port-closed"'
says "the HRESULT" '"hresult": "0x80072efd"'
says "the enrolment" '"step": "E"'

# --- the story --------------------------------------------------------------------------

ok "story" reproduce --story
says "before" '^ekop-up$'
says "the bug" '^wrong-aik-url$'
says "the fix" '^fixed-client$'
is "all as expected" "$(grep -c '^  as expected$' out)" 6

# --- wrong usage --------------------------------------------------------------------------

exits 2 "nothing" reproduce
exits 2 "two things" reproduce wrong-aik-url --all
exits 2 "results of a list" reproduce --list --junit none.xml
exits 2 "a page of a list" reproduce --list --report none.html
exits 2 "an unknown mode" reproduce wrong-aik-ulr
says "what was meant" "did you mean 'wrong-aik-url'"
for name in "${absent[@]}"; do
	exits 2 "$name is Windows' own" reproduce "$name"
done
is "nothing is left" "$(ls lab)" ""
finish
