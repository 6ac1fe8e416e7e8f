#!/usr/bin/env bash
# Revocation lists: what openssl says of a chain when it checks all of them, and
# what it says when a device, a firmware, a batch or an intermediate is revoked.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl

# A device of a hierarchy of its own; its chain as PEM, EK RSA-2048 first.
device() { # NAME FAMILY [MINT-OPTION...]
	ok "$2: mint" "$ODCASIM" mint --pki pki --state "$1" --family "$2" --seed "$1" "${@:3}"
	"$ODCASIM" show --pki pki --state "$1" --pem >"$1.pem"
}

ek_of() { # NAME; the first certificate of the file
	sed '/END/q' "$1.pem"
}

# openssl, with every list that the hierarchy has.
openssl_verify() { # NAME [ROOT]
	"$ODCASIM" ca crl --pki pki >crls.pem
	"$ODCASIM" ca export --pki pki --out exported
	ek_of "$1" >ek.pem
	openssl verify -x509_strict -crl_check_all -extended_crl -CRLfile crls.pem \
		-CAfile "${2:-exported/root.pem}" -untrusted "$1.pem" ek.pem
}

# openssl names the certificate, and so does verify.
revoked() { # DESCRIPTION NAME DEPTH SUBJECT [ROOT]
	exits 2 "$1: openssl" openssl_verify "$2" ${5:+"$5"}
	is "$1: revoked, at depth $3" \
		"$(sed -n 's/^error \([0-9]* at [0-9]*\) depth.*/\1/p' out | head -n 1)" "23 at $3"
	exits 3 "$1: verify" "$ODCASIM" verify --pki pki --state "$2" --crl require
	is "$1: verify names it" "$(sed -n 's/^rejected: path.revocation: \(.*\): revoked .*/\1/p' out)" "$4"
}

good() { # DESCRIPTION NAME [ROOT]
	ok "$1: openssl" openssl_verify "$2" ${3:+"$3"}
	ok "$1: verify" "$ODCASIM" verify --pki pki --state "$2" --crl require
}

revoke() { # OPTION...
	ok "ca revoke $*" "$ODCASIM" ca revoke --pki pki "$@"
}

ok "ca init" "$ODCASIM" ca init --pki pki
device tgl tgl
device adl adl
device adl2 adl --svn 2
device other adl --batch 00002983
device mtl mtl
device cml cml
for name in tgl adl adl2 other mtl; do
	good "$name: nothing revoked" "$name"
done
good "cml: nothing revoked" cml exported/root-epid.pem

revoke --state tgl --reason keyCompromise
revoked "a device" tgl 3 "CN=CSME TGL ROM CA"
good "another one" adl
exits 1 "not twice" "$ODCASIM" ca revoke --pki pki --state tgl
number=$("$ODCASIM" ca crl --pki pki --json | sed -n '/"TGL_00002004_OnDie_CA"/,/number/s/.*number": "\(.*\)".*/\1/p')
is "number of the list" "$number" 02

revoke --family adl --svn 1
revoked "a firmware" adl 1 "CN=CSME ADL PTT  01SVN"
revoked "a firmware, in another batch" other 1 "CN=CSME ADL PTT  01SVN"
good "the next firmware" adl2
good "another family" mtl

revoke --family mtl --batch 00003043
revoked "a batch" mtl 4 "OU=TEST ODCA 2 CSME P_MTL SOC 00003043 Issuing CA, CN=www.odcasim.test"
good "another batch" adl2

revoke --ca ODCA_CA2_CSME_Intermediate
revoked "an intermediate" adl2 5 "OU=TEST ODCA CA2 CSME Intermediate CA, CN=www.odcasim.test"

revoke --state cml
revoked "a device of the EPID era" cml 0 "EK certificate" exported/root-epid.pem

# --- by serial number, and what is none -----------------------------------------

device second tgl
serial=$("$ODCASIM" mint --pki pki --state third --family tgl --seed third |
	sed -n 's/.*"rom_serial": "\(.*\)".*/\1/p')
"$ODCASIM" show --pki pki --state third --pem >third.pem
revoke --family tgl --serial "$serial"
revoked "a serial number" third 3 "CN=CSME TGL ROM CA"
good "another one" second

lists() {
	find pki/crls -type f -exec sha256sum {} + | sort
}
before=$(lists)
exits 2 "an unknown serial number" "$ODCASIM" ca revoke --pki pki --family tgl --serial 00
says "it says so" "no certificate of this kind has such a serial number"
exits 2 "no hex" "$ODCASIM" ca revoke --pki pki --family tgl --serial xyz
exits 2 "an unknown batch" "$ODCASIM" ca revoke --pki pki --family tgl --batch 00000000
says "it says so" "its batches are"
exits 2 "an unknown CA" "$ODCASIM" ca revoke --pki pki --ca TGL_00002004_OnDie_C
says "it says so" "did you mean 'TGL_00002004_OnDie_CA'"
exits 1 "a root" "$ODCASIM" ca revoke --pki pki --ca OnDie_CA_RootCA_Certificate
exits 2 "nothing" "$ODCASIM" ca revoke --pki pki
exits 2 "two things" "$ODCASIM" ca revoke --pki pki --state tgl --family adl --svn 3
exits 2 "the built-in hierarchy" "$ODCASIM" ca revoke --family adl --svn 3
says "it says so" "odcasim ca init"
exits 1 "a foreign hierarchy" "$ODCASIM" ca revoke --pki exported --family adl --svn 3
ok "a second hierarchy" "$ODCASIM" ca init --pki pki2
exits 2 "a device of another hierarchy" "$ODCASIM" ca revoke --pki pki2 --state second
is "no list has changed" "$(lists)" "$before"

# --- dates ------------------------------------------------------------------------

device late tgl
ok "ca crl: renew until" "$ODCASIM" ca crl --pki pki --renew --until 2030-01-31 --json
good "before" late
exits 3 "after" "$ODCASIM" verify --pki pki --state late --time 2030-02-01
says "it says so" "rejected: path.crl"
ok "after, without lists" "$ODCASIM" verify --pki pki --state late --time 2030-02-01 --crl off
revoke --family adl --svn 7
is "a revocation does not put off the next list" \
	"$("$ODCASIM" ca crl --pki pki --json | grep -c '"next_update": "2030-01-31T00:00:00Z"')" \
	"$("$ODCASIM" ca crl --pki pki --json | grep -c '"name"')"
exits 2 "a serial number that a debug part does not have" \
	"$ODCASIM" ca revoke --pki pki --family tgl --batch DEBUG000 --serial "$serial"
exits 2 "--until in the past" "$ODCASIM" ca crl --pki pki --renew --until 2020-01-01
exits 2 "--family where it says nothing" "$ODCASIM" ca revoke --pki pki --state late --family tgl
exits 2 "--out and --json" "$ODCASIM" ca crl --pki pki --out lists --json
exits 2 "--until alone" "$ODCASIM" ca crl --pki pki --until 2030-01-31
exits 2 "beyond UTCTime" "$ODCASIM" ca crl --pki pki --renew --until 2050-01-01
exits 3 "no list where one is required" \
	"$ODCASIM" verify --state late --roots exported/root.pem --crl require
rm pki/crls/TGL_00002004_OnDie_CA.crl
exits 3 "one list is gone" "$ODCASIM" verify --pki pki --state late --crl require
says "it says so" "rejected: path.crl: CN=CSME TGL ROM CA"
ok "if available" "$ODCASIM" verify --pki pki --state late
ok "ca init --add makes it anew" "$ODCASIM" ca init --pki pki --add
ok "and it is used" "$ODCASIM" verify --pki pki --state late --crl require
ok "lists from elsewhere" "$ODCASIM" verify --pki pki --state late --crls crls.pem

# --- what cannot be written -------------------------------------------------------

before=$(lists)
chmod 500 pki/crls
if touch pki/crls/probe 2>/dev/null; then # root may do anything
	rm pki/crls/probe
else
	exits 1 "a directory that is not writable" "$ODCASIM" ca revoke --pki pki --family adl --svn 9
	is "nothing is half-written" "$(lists)" "$before"
fi
chmod 700 pki/crls
finish
