#!/usr/bin/env bash
# What verify prints: a block a certificate, a line a check.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

ok "mint" "$ODCASIM" mint --state tpm --family adl --seed verify
ok "verify" "$ODCASIM" verify --state tpm
cp out text
says "a passed check in one line" \
	'^    passed  ek\.san  +present, critical  \[RFC 5280 4\.2\.1\.6\]$'
says "the key of the TPM" '^    passed  ek\.public-key +the same key  \[TCG'
is "the last line" "$(tail -n 1 text)" accepted
for name in 'EK RSA-2048' 'EK P-256' 'EK P-384' 'CSME ADL PTT  01SVN' \
	'CSME ADL ROM CA' 'TEST OnDie CA Root Cert Signing'; do
	says "a block of $name" "^  $name  \\("
done
is "issuers of the second and third EK are not said again" \
	"$(grep -c ')  as above$' text)" 12

ok "JSON" "$ODCASIM" verify --state tpm --json
is "every check of JSON stands in the text" \
	"$(sed -n 's/^ *"name": "\([a-z]*\.[a-z.-]*\)",$/\1/p' out | sort -u)" \
	"$(sed -n 's/^    passed  \([^ ]*\) .*/\1/p' text | sort -u)"
says "the place on the path" '"place": 6$'
says "or none" '"place": null$'

exits 3 "expired" "$ODCASIM" verify --state tpm --time 2060-01-01
cp out text
says "a failed one" '^    failed  path\.validity$'
says "found" '^            found   2021-06-23 00:00:00 to 2049-12-31 23:59:59$'
says "wanted" '^            wanted  valid at 2060-01-01 00:00:00$'
says "clause" '^            clause  RFC 5280 6\.1\.3\(a\)\(2\)$'
is "the last line says it too" "$(tail -n 1 text | cut -d: -f 1-2)" \
	"rejected: path.validity"

finish
