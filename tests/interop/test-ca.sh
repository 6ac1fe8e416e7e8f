#!/usr/bin/env bash
# Private hierarchies: whose root stands beside what.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

root() { # [--pki DIR]
	"$ODCASIM" ca export "$@" | sed '/END/q'
}

needs openssl

for pki in one two; do
	ok "ca init: $pki" "$ODCASIM" ca init --pki "$pki"
	root --pki "$pki" >"$pki.pem"
done
root >built-in.pem
isnt "two hierarchies: two roots" "$(cat one.pem)" "$(cat two.pem)"
exits 1 "ca init: not over another one" "$ODCASIM" ca init --pki one

for pki in one two; do
	ok "ca export: $pki" "$ODCASIM" ca export --pki "$pki" --out exported
	ok "ca export: its root" cmp exported/root.pem "$pki.pem"
done
ok "ca export: built-in" "$ODCASIM" ca export --out exported
ok "ca export: its root" cmp exported/root.pem built-in.pem
for root in epid aik tls; do
	ok "ca export: root-$root.pem signs itself" \
		openssl verify -x509_strict -check_ss_sig -CAfile "exported/root-$root.pem" "exported/root-$root.pem"
done
is "ca export: for everybody to read" "$(find exported -type f ! -perm 644)" ""

ok "mint: a device of 'one'" "$ODCASIM" mint --pki one --state device
ok "mint: its root beside it" cmp device/root.pem one.pem
ok "exec: the same hierarchy" "$ODCASIM" exec --pki one --state device -- true
is "exec: the device's own root" \
	"$("$ODCASIM" exec --state device -- sh -c 'cat "$ODCASIM_ROOT"')" "$(cat one.pem)"
exits 2 "exec: another hierarchy" "$ODCASIM" exec --pki two --state device -- true
says "names the option" '--pki two'
ok "and the root stayed" cmp device/root.pem one.pem
ok "verify: by its own hierarchy" "$ODCASIM" verify --pki one --state device
exits 3 "verify: by another one" "$ODCASIM" verify --pki two --state device


# A hierarchy of an older version opens; --add gives it what it lacks.
rm -r one/certs/AIK one/certs/TLS one/keys/AIK one/keys/TLS
ok "an older hierarchy: verify" "$ODCASIM" verify --pki one --state device
ok "an older hierarchy: ca export" "$ODCASIM" ca export --pki one --out older
is "an older hierarchy: its roots" "$(cd older && echo root*)" "root-epid.pem root.pem"
ok "ca init --add" "$ODCASIM" ca init --pki one --add
ok "ca init --add: ca export" "$ODCASIM" ca export --pki one --out older
is "ca init --add: all roots" "$(cd older && echo root*)" \
	"root-aik.pem root-epid.pem root-tls.pem root.pem"
ok "ca init --add: the other root stayed" cmp older/root.pem one.pem

finish
