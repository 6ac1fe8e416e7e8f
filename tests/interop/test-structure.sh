#!/usr/bin/env bash
# Every certificate and every CRL, field by field and byte by byte, against real
# ones: those of an Alder Lake and of a Meteor Lake machine, of debug-fused Tiger
# Lake and Elkhart Lake parts, and Intel's hierarchies.  What differs for a known
# reason is an edit below, made on the real side; nothing else may differ.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread openssl
[ -d "$REFERENCE" ] || skip "optional: no real certificates in ../shared/reference/odca"

PKI=$TOP/certs/pki

# Intel's CAs under our names.
TESTED='/^(issuer|subject) /{
	s/UTF8:"www\.intel\.com"/UTF8:"www.odcasim.test"/
	s/UTF8:"Intel Corporation"/UTF8:"odcasim TEST"/
	s/(OID:2\.5\.4\.11, UTF8:")/\1TEST /
}'

same() { # DESCRIPTION OURS REAL [SED-EDIT [OPTION]]
	local status=0
	"$TOP/scripts/compare-certs" --names ${5:+"$5"} "$2" "$3" >"$TMP/diff" 2>"$TMP/err" || status=$?
	if [ $status = 2 ]; then
		cp "$TMP/err" "$TMP/why"
		verdict 1 "$1"
		return
	fi
	is "$1" "$(sed -n 's/^- //p' "$TMP/diff")" \
		"$(sed -n 's/^+ //p' "$TMP/diff" | sed -E "$TESTED;${4:-}")"
}

# Bytes given in hex.
bytes() { # HEX
	# shellcheck disable=SC2001,SC2059 # the format is the bytes
	printf "$(sed 's/../\\x&/g' <<<"$1")"
}

# A certificate around a TBSCertificate that was found without its signature:
# ecdsa-with-SHA384 and two INTEGERs.
around() { # TBS CERTIFICATE
	local tail=300a06082a8648ce3d0403030309003006020101020101 size
	size=$(($(stat -c %s "$1") + ${#tail} / 2))
	{
		bytes "3082$(printf %04x $size)"
		cat "$1"
		bytes "$tail"
	} >"$2"
}

# A device's certificates, from NV: NAME-INDEX.der, NAME-rom.der ...
read_device() { # NAME MINT-OPTION...
	local index name n=0
	start "${@:2}"
	ok "$1: startup" tpm2_startup -c
	for index in "${EK_INDICES[@]}"; do
		nvread "$index" "$1-$index.der"
	done
	nvread 0x1c00100 chain.bin
	# The chain goes on there when it is longer than an index.
	nvread 0x1c00101 rest.bin && cat rest.bin >>chain.bin
	ok "$1: the chain is whole certificates" split_der chain.bin chain
	for name in rom kernel ptt; do
		mv chain-$n.der "$1-$name.der"
		n=$((n + 1))
	done
	ok "$1: server ends well" stop
}

# --- devices -----------------------------------------------------------------------

read_device adl --family adl
lenovo=$REFERENCE/device-ADL-lenovo
flash=$REFERENCE/tbs-from-flash/ADL-i7-12650H-EK
# Another batch of the same family may be the default one.
batch=$(openssl x509 -inform DER -in adl-rom.der -noout -text |
	sed -n 's/.*ADL_\([0-9]*\)_ODCA_CA2\.cer/\1/p')
rom_edit="s/ADL([ _])00002820/ADL\\1$batch/"
[ "$batch" = 00002820 ] || rom_edit="$rom_edit;/^validity/d"
same "adl: EK RSA-2048" adl-0x1c00002.der "$lenovo-0-EK-RSA2048.pem"
same "adl: PTT CA" adl-ptt.der "$lenovo-1-PTT-CA.pem"
same "adl: Kernel CA" adl-kernel.der "$lenovo-2-Kernel-CA.pem"
same "adl: ROM CA" adl-rom.der "$lenovo-3-ROM-CA.pem" "$rom_edit"
for curve in P256:0x1c0000a P384:0x1c00016; do
	around "$flash-${curve%:*}.tbs.der" real.der
	# The last octets of the firmware version were lost in the flash image.
	same "adl: EK ${curve%:*} (unsigned, from flash)" "adl-${curve#*:}.der" real.der \
		's/"id:\?{8}"/"id:02580012"/'
done

read_device mtl --family mtl
lenovo=$REFERENCE/device-MTL-lenovo
same "mtl: EK RSA-2048" mtl-0x1c00002.der "$lenovo-0-EK-RSA2048.pem"
same "mtl: PTT CA" mtl-ptt.der "$lenovo-1-PTT-CA.pem"
same "mtl: Kernel CA" mtl-kernel.der "$lenovo-2-Kernel-CA.pem"
# hwSerialNum is the ROM CA's serial number, and four octets that only that
# machine's fuses know.
serial=$(openssl x509 -inform DER -in mtl-rom.der -noout -serial | sed 's/.*=//' | tr A-F a-f)
tail=$("$TOP/scripts/compare-certs" -v mtl-rom.der mtl-rom.der |
	sed -n "s/^= extension 2\.5\.29\.17 .*OCTETS:$serial\([0-9a-f]\{8\}\)).*/\1/p")
isnt "mtl: hwSerialNum begins with the serial number" "$tail" ""
real_serial=$(openssl x509 -in "$lenovo-3-ROM-CA.pem" -noout -serial | sed 's/.*=//' | tr A-F a-f)
same "mtl: ROM CA" mtl-rom.der "$lenovo-3-ROM-CA.pem" "s/${real_serial}f1bf3f54/$serial$tail/"

# Debug-fused parts: of the application's CA only its number and name are PTT's.
for family in tgl mcc; do
	name=${family^^}
	read_device "$family-debug" --family $family --batch DEBUG000
	debug=$REFERENCE/device-$name-DEBUG
	same "$family-debug: PTT CA (as the DAL CA)" $family-debug-ptt.der "$debug-1-DAL-app-CA.pem" \
		"s/DAL_I01SDE/PTT  01SDE/;s/01041400[24]0/0104130040/"
	same "$family-debug: Kernel DE" $family-debug-kernel.der "$debug-2-Kernel-DE-CA.pem"
	same "$family-debug: ROM DE" $family-debug-rom.der "$debug-3-ROM-DE-CA.pem"
done

# No Tiger Lake EK is known: the Alder Lake one, with this generation's names.
read_device tgl --family tgl
lenovo=$REFERENCE/device-ADL-lenovo
debug=$REFERENCE/device-TGL-DEBUG
not_before=$(openssl x509 -inform DER -in tgl-ptt.der -noout -startdate)
isnt "tgl: firmware's date" "$not_before" ""
ondie='s/ODCA_CA2_CSME_Indirect/OnDie_CA_CSME_Indirect/'
date="s/UTCTime:(190101|210623)000000Z,/UTCTime:$(date -ud "${not_before#*=}" +%y%m%d%H%M%SZ),/"
version=$(openssl x509 -inform DER -in tgl-0x1c00002.der -noout -ext subjectAltName |
	sed -n 's/.*id:\(01F4[0-9A-F]*\).*/\1/p')
isnt "tgl: a firmware version 500.x in the SAN" "$version" ""
same "tgl: EK RSA-2048 (as Alder Lake's)" tgl-0x1c00002.der "$lenovo-0-EK-RSA2048.pem" \
	"$ondie;$date;s/\"(CSME )?ADL/\"\\1TGL/;s/id:02580012/id:$version/"
# An application's number, name and last octet; paths on the debug host; names
# of production parts.
production='/^(issuer|subject)/{s/SDE"/SVN"/;s/(ROM|Kernel) DE"/\1 CA"/}'
same "tgl: PTT CA (as the debug DAL CA)" tgl-ptt.der "$debug-1-DAL-app-CA.pem" \
	"$production;$date;s,content/OD/,content/OnDieCA/,;s/DAL_I01/PTT  01/;s/0104140020/0104130040/"
same "tgl: Kernel CA" tgl-kernel.der "$debug-2-Kernel-DE-CA.pem" \
	"$production;$date;s,content/OD/,content/OnDieCA/,"
same "tgl: ROM CA" tgl-rom.der "$debug-3-ROM-DE-CA.pem" \
	"$production;s/D_TGL DEBUG000/P_TGL 00002004/;s/TGL_DEBUG000/TGL_00002004/
	s,content/OD/,content/OnDieCA/,;s/UTCTime:190101/UTCTime:190501/"

# --- hierarchies: the real one of the same name --------------------------------------

as_pem() { # FILE...
	local file
	for file; do
		case $file in
		*.pem) awk 1 "$file" ;; # some end without a newline
		*)
			echo "-----BEGIN CERTIFICATE-----"
			base64 "$file"
			echo "-----END CERTIFICATE-----"
			;;
		esac
	done
}

# "SUBJECT|FILE" a line.
subjects() { # FILE...
	as_pem "$@" | openssl crl2pkcs7 -nocrl -certfile /dev/stdin |
		openssl pkcs7 -print_certs -noout | sed -n 's/^subject=//p' |
		paste -d '|' - <(printf '%s\n' "$@")
}

subjects "$REFERENCE"/intel-odca-*.pem "$REFERENCE"/epid-era-*.pem >real
cd "$PKI/certs" || exit 1
subjects ./*.cer DE/*.cer >"$TMP/ours"
cd "$TMP" || exit 1
# Those of the AIK service and of TLS are no silicon's.
is "all certificates of the hierarchy" "$(wc -l <ours)" \
	"$(find "$PKI/certs" -name '*.cer' ! -path '*/AIK/*' ! -path '*/TLS/*' | wc -l)"

while IFS='|' read -r subject name; do
	name=${name#./}
	subject=$(sed 's/odcasim TEST/Intel Corporation/;s/www\.odcasim\.test/www.intel.com/;s/OU = TEST /OU = /' <<<"$subject")
	# The debug world's intermediates have the names of the production world's.
	pick=(grep -v DEBUG-intermediate)
	[[ $name != DE/* ]] || pick=(grep DEBUG-)
	real=$(grep -F "$subject|" real | sed 's/.*|//' | "${pick[@]}")
	# Each of ours is modelled on a real one.
	isnt "$name: there is a real one" "$real" ""
	[ -z "$real" ] || same "$name" "$PKI/certs/$name" "$real"
done <ours

# --- revocation lists ------------------------------------------------------------------

# What a list may differ in, by the path of the real one.
crl_edit() { # NAME
	case $1 in
	# A later issue of the list in the folder above.
	csme-debug-zip/ODCA_CA2_CSME_Product.crl)
		echo 's/^thisUpdate UTCTime:210401000000Z/thisUpdate UTCTime:190101000000Z/'
		;;
	# Real firmware gets a new one each quarter; what is built in must not expire.
	OnDie_CA_CSME_Indirect.crl)
		echo 's/^nextUpdate UTCTime:200701000000Z/nextUpdate UTCTime:491231235959Z/'
		;;
	# It says nowhere that it is an indirect one, so no certificate of a device
	# could be looked up in it; the one in the folder above does.
	csme-debug-zip/ODCA_CA2_CSME_Indirect.crl)
		echo '$a extension 2.5.29.28 critical:absent SEQ([84]:ff)'
		;;
	esac
}

authority() { # CRL
	openssl crl -inform DER -in "$1" -noout -text | grep -A 1 'Authority Key' | tail -n 1 | tr -d ' '
}

debug_keys=$(for real in "$REFERENCE"/intel-odca-DEBUG-*.pem; do
	openssl x509 -in "$real" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' '
done)
compared=0
while IFS= read -r real; do
	name=${real#./}
	ours=${name##*/}
	# Of those with the same name it is the one that the debug world signed.
	grep -qxF "$(authority "$REFERENCE/crl/$name")" <<<"$debug_keys" && ours=DE/$ours
	[ -e "$PKI/crls/$ours" ] || continue
	compared=$((compared + 1))
	same "CRL $name" "$PKI/crls/$ours" "$REFERENCE/crl/$name" "$(crl_edit "$name")" --dates
done < <(cd "$REFERENCE/crl" && find . -name '*.crl' | sort)
is "all real lists but those of SPIRAL and of the security controller" \
	"$compared" "$(($(find "$REFERENCE/crl" -name '*.crl' | wc -l) - 2))"
finish
