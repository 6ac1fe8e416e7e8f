#!/usr/bin/env bash
# Credentials between tpm2-tools and us, in both directions: what our core made
# a TPM opens, and what tpm2_makecredential made opens with our frames and keys.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_makecredential openssl
HELPER=$(dirname "$ODCASIM")/interop/credential
[ -x "$HELPER" ] || skip "no program '$HELPER' (make test-programs)"

# There is no resource manager: make room before each command.
tpm() { # NAME ARGUMENT...
	local tool=tpm2_$1
	shift
	tpm2_flushcontext -Q -t && "$tool" -Q "$@"
}

hexdump() { # FILE
	od -An -v -tx1 "$1" | tr -d ' \n'
}

# H-3, for which not all tpm2-tools have a template: PolicyB with SHA-384, and
# an unique field of nothing.
ek_p384() {
	send 3 b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419cacb47ba09699646150f9fc000f3f80e12 3>policy-b
	tpm createprimary -C e -G ecc384:null:aes256cfb -g sha384 -L policy-b -c ek-p384.ctx \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|adminwithpolicy|restricted|decrypt' &&
		tpm2_readpublic -Q -c ek-p384.ctx -o ek-p384.pub
}

keys() {
	ok "EK rsa2048" tpm createek -G rsa -c ek-rsa2048.ctx -u ek-rsa2048.pub
	ok "EK p256" tpm createek -G ecc -c ek-p256.ctx -u ek-p256.pub
	ok "EK p384" ek_p384
	ok "the AIK" tpm createprimary -C o -G rsa2048:rsassa-sha1:null -g sha256 -c aik.ctx \
		-a 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign'
	tpm2_readpublic -Q -c aik.ctx -n aik.name
	NAME=$(hexdump aik.name)
}

# tpm2_activatecredential of the file cred, with the EK's authorisation.
activate() { # EK
	local status=0
	rm -f plain
	if [ "$1" = p384 ]; then
		tpm activatecredential -c aik.ctx -C "ek-$1.ctx" -i cred -o plain
		return
	fi
	tpm startauthsession --policy-session -S session.ctx
	tpm policysecret -S session.ctx -c e
	tpm activatecredential -c aik.ctx -C "ek-$1.ctx" -i cred -o plain \
		-P session:session.ctx || status=$?
	tpm2_flushcontext -Q session.ctx
	return "$status"
}

# A command with files for its input and output.
piped() { # IN OUT COMMAND...
	"${@:3}" <"$1" >"$2"
}

from_us() { # EK
	local row from size
	for row in "make 1" "make 16" "make 32" "make-key 20"; do
		read -r from size <<<"$row"
		head -c "$size" /dev/urandom >secret
		ok "$1: $from, a secret of $size bytes" \
			piped secret cred "$HELPER" "$from" tools "ek-$1.pub" "$NAME"
		ok "$1: tpm2_activatecredential opens it" activate "$1"
		ok "$1: the secret came through" cmp secret plain
	done
	ok "$1: for another object" \
		piped secret cred "$HELPER" make tools "ek-$1.pub" "000b${NAME:6}00"
	fails "$1: is not for this one" activate "$1"
}

# From one frame to the next, and back to the file that it was.
reframed() {
	piped cred cred.wire "$HELPER" frame tools wire &&
		piped cred.wire cred.ms "$HELPER" frame wire microsoft &&
		piped cred.ms cred.back "$HELPER" frame microsoft tools
}

from_tools() { # EK WHO [OPTION...]
	head -c 32 /dev/urandom >secret
	ok "$1: tpm2_makecredential, $2" \
		tpm2_makecredential -Q "${@:3}" -u "ek-$1.pub" -s secret -n "$NAME" -o cred
	ok "$1: our frames take it" reframed
	ok "$1: and give it back" cmp cred cred.back
	is "$1: in wire's there is nothing but the structures" \
		"$(hexdump cred.wire)" "$(hexdump cred | cut -c 17-)"
	is "$1: Microsoft's header says how many octets they have" \
		"$(hexdump cred.ms | cut -c 1-48)" \
		"54414348010000000200000018000000$(printf '%02x%02x0000' \
			$(($(stat -c %s cred.wire) % 256)) $(($(stat -c %s cred.wire) / 256)))00000000"
	ok "$1: tpm2_activatecredential opens it" activate "$1"
	ok "$1: the secret came through" cmp secret plain
}

# An EK whose private key is ours: what tpm2-tools seal for it, we open.
to_us() { # EK GENPKEY-OPTION...
	ok "$1: a key of our own" openssl genpkey -out own.pem "${@:2}"
	ok "$1: its public area" piped /dev/null own.pub "$HELPER" public own.pem
	head -c 32 /dev/urandom >secret
	ok "$1: tpm2_makecredential for it" \
		tpm2_makecredential -Q -T none -u own.pub -s secret -n "$NAME" -o cred
	ok "$1: we open it" piped cred plain "$HELPER" activate own.pem "$NAME"
	ok "$1: the secret came through" cmp secret plain
	exits 1 "$1: for another Name it does not open" \
		piped cred plain "$HELPER" activate own.pem "${NAME%??}00"
}

start --family adl --seed credential
exits 0 "startup" tpm2_startup -c
keys
for ek in rsa2048 p256 p384; do
	from_us "$ek"
	tpm2_flushcontext -Q -t
	from_tools "$ek" "by the TPM"
	from_tools "$ek" "without one" -T none
done
to_us rsa2048 -algorithm RSA -pkeyopt rsa_keygen_bits:2048
to_us p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
to_us p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
exits 1 "a cut file is refused" piped <(head -c 20 cred) plain "$HELPER" frame tools wire
says "and why" '^error: credential: TPM2B_ID_OBJECT: '
finish
