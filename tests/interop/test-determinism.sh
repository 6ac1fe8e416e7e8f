#!/usr/bin/env bash
# The same seed is the same device to the byte; no seed is a device of its own.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread openssl

INDICES=("${EK_INDICES[@]}" 0x1c00100)

# A device's public face: certificates, and the EK that the TPM makes.
device() { # NAME OPTION...
	local name=$1 index
	shift
	start "$@"
	ok "$name: startup" tpm2_startup -c
	for index in "${INDICES[@]}"; do
		nvread "$index" "$name-$index"
	done
	ok "$name: EK" tpm2_createek -Q -G rsa -c ek.ctx -u "$name-ek.pem" -f pem
	ok "$name: random numbers" tpm2_getrandom -o "$name-random" 32
	stop
	split_der "$name-0x1c00100" "$name-ca"
}

device one --family tgl --seed lab-0421
device two --family tgl --seed lab-0421
for index in "${INDICES[@]}"; do
	ok "same seed: same bytes in $index" cmp "one-$index" "two-$index"
done
ok "same seed: same EK" cmp one-ek.pem two-ek.pem
fails "same seed: the TPM's random numbers are its own" cmp one-random two-random

# ... unless a reproducible run is asked for.
numbers() { # SEED
	"$ODCASIM" exec --seed "$1" --deterministic-rng -- tpm2_getrandom --hex 16
}
is "--deterministic-rng: the same random numbers" "$(numbers lab-0421)" "$(numbers lab-0421)"
isnt "--deterministic-rng: others with another seed" "$(numbers lab-0421)" "$(numbers lab-0422)"

device adl --family adl --seed lab-0421
device other --family tgl --seed lab-0422
device anon-1 --family tgl
device anon-2 --family tgl

# Key and serial number of each certificate of a device, one a line.
unique() { # NAME
	local file
	for file in "$1-0x1c00002" "$1-0x1c0000a" "$1-0x1c00016" "$1"-ca-[0-2].der; do
		openssl x509 -inform DER -in "$file" -noout -pubkey | openssl dgst -sha256 -r
		openssl x509 -inform DER -in "$file" -noout -serial
	done | awk 'length($0) > 7 + 16' # constant serials of Kernel and PTT CA
	openssl dgst -sha256 -r <"$1-ek.pem"
}

devices=(one adl other anon-1 anon-2)
for name in "${devices[@]}"; do
	unique "$name" | sort -u >"$name.unique"
	is "$name: keys and serial numbers, and the EK again" "$(wc -l <"$name.unique")" 10
done
for a in "${devices[@]}"; do
	for b in "${devices[@]}"; do
		[[ $a < $b ]] || continue
		is "$a and $b share no key and no serial number" \
			"$(comm -12 "$a.unique" "$b.unique")" ""
	done
done
finish
