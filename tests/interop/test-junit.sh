#!/usr/bin/env bash
# Results as JUnit's XML: well-formed, and the same as --json has.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs xmllint
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

# What an XPath expression gives of a file.
xpath() { # FILE EXPRESSION
	xmllint --xpath "$2" "$1" 2>/dev/null
}

# The numbers that the file says are those of its cases.
consistent() { # FILE DESCRIPTION
	local at
	ok "$2: well-formed" xmllint --noout "$1"
	for at in /testsuites /testsuites/testsuite; do
		is "$2: $at" \
			"$(xpath "$1" "concat($at/@tests, ' ', $at/@failures, ' ', $at/@errors, ' ', $at/@skipped)")" \
			"$(xpath "$1" 'concat(count(//testcase), " ", count(//failure), " ", count(//error), " ", count(//skipped))')"
	done
}

# How often a word is the result of a check, in the last --json.
json_count() { # RESULT
	sed -n '/"eks":/,$p' out | grep -c "\"result\": \"$1\""
}

# --- verify ---------------------------------------------------------------------------

for fault in '' chain.missing cert.ek.expired; do
	name=${fault:-well}
	ok "$name" "$ODCASIM" mint --state "$name" --family tgl --seed junit ${fault:+--fault "$fault"}
	exits $((${#fault} > 0 ? 3 : 0)) "verify $name" "$ODCASIM" verify --state "$name" --json --junit verify.xml
	cp out json
	consistent verify.xml "verify $name"
	cp json out
	is "$name: as many failed" "$(xpath verify.xml 'count(//failure)')" "$(json_count failed)"
	is "$name: as many skipped" "$(xpath verify.xml 'count(//skipped)')" "$(json_count skipped)"
	is "$name: as many cases" "$(xpath verify.xml 'count(//testcase)')" \
		"$(($(json_count failed) + $(json_count skipped) + $(json_count passed)))"
done
is "each with its clause" "$(xpath verify.xml 'count(//failure[contains(., "clause: ")]) = count(//failure)')" true
is "an EK is a class" "$(xpath verify.xml 'count(//testcase[@classname = "odcasim.verify.EK RSA-2048"]) > 10')" true

# --- enroll ---------------------------------------------------------------------------

launch "$ODCASIM" cloud --listen 127.0.0.1:0
at=${READY#*\"listen\":\"}
at=${at%%\"*}
ok "enrolled" "$ODCASIM" enroll --state well --connect-to "$at" --junit enroll.xml
consistent enroll.xml enrolled
is "twelve steps passed" "$(xpath enroll.xml 'count(//testcase[not(*)])')" 12
is "which took their time" "$(xpath enroll.xml 'sum(//testcase/@time) > 0')" true
exits 3 "refused" "$ODCASIM" enroll --state well --connect-to "$at" --client legacy --json --junit enroll.xml
consistent enroll.xml refused
is "six steps passed or failed" "$(xpath enroll.xml 'count(//testcase[not(skipped)])')" 6
is "the sixth failed" "$(xpath enroll.xml 'starts-with(//testcase[6]/failure/@message, "enrol: step F")')" true
is "as Windows says it" "$(xpath enroll.xml 'contains(//failure, "does not exist.")')" true
exits 1 "no TPM" "$ODCASIM" enroll --tcti 'mssim:host=127.0.0.1,port=1,<&">' --connect-to "$at" --junit enroll.xml
consistent enroll.xml "no TPM"
is "no TPM: the first step failed" "$(xpath enroll.xml 'contains(//testcase[1]/failure/@message, "port=1,<&")')" true
stop

# --- reproduce -------------------------------------------------------------------------

exits 1 "nothing wrong" "$ODCASIM" reproduce wrong-aik-url --without-cause --json --junit reproduce.xml
consistent reproduce.xml "nothing wrong"
is "which is a failure" "$(xpath reproduce.xml 'string(//testcase[@name = "wrong-aik-url"]/failure/@message)')" \
	"want none, have one"
is "with the way to do it by hand" "$(xpath reproduce.xml 'contains(//failure, "odcasim enroll ")')" true
ok "as it is" "$ODCASIM" reproduce wrong-aik-url --junit reproduce.xml
is "is none" "$(xpath reproduce.xml 'count(//testcase[not(failure)])')" 1
is "the event" "$(xpath reproduce.xml 'contains(//system-out, "Stage: GetCACaps")')" true
# --- files that cannot be written ---------------------------------------------------------

mkdir directory
for how in --junit=none/file --junit=directory --report=none/file --report=directory; do
	option=${how%%=*} path=${how#*=}
	exits 1 "verify: $how" "$ODCASIM" verify --state well "$option" "$path"
	says "verify: says so" "^error: (create|write) '$path"
	is "verify: nothing was looked at" "$(wc -l <out)" 1
	exits 1 "enroll: $how" "$ODCASIM" enroll --state well --connect-to 127.0.0.1:1 "$option" "$path"
	is "enroll: nobody was asked" "$(grep -c 'step E' out)" 0
	exits 1 "reproduce: $how" "$ODCASIM" reproduce --all "$option" "$path"
	is "reproduce: nothing was tried" "$(grep -c expected out)" 0
done
finish
