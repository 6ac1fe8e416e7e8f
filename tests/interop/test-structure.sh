#!/usr/bin/env bash
# Every certificate, field by field and byte by byte, against real ones: those
# of an Alder Lake machine and Intel's hierarchy; for Tiger Lake the chain of a
# debug-fused part.  What differs for a known reason is an edit below, made on
# the real side; nothing else may differ.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_nvread openssl
[ -d "$REFERENCE" ] || skip "optional: no real certificates in ../shared/reference/odca"

CERTS=$TOP/certs/pki/certs

same() { # DESCRIPTION OURS REAL [SED-EDIT [OPTION]]
	local status=0
	"$TOP/scripts/compare-certs" ${5:+"$5"} "$2" "$3" >"$TMP/diff" 2>"$TMP/err" || status=$?
	if [ $status = 2 ]; then
		cp "$TMP/err" "$TMP/why"
		verdict 1 "$1"
		return
	fi
	is "$1" "$(sed -n 's/^- //p' "$TMP/diff")" \
		"$(sed -n 's/^+ //p' "$TMP/diff" | sed -E "${4:-}")"
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

read_device() { # FAMILY
	local index name n=0
	start --family "$1"
	ok "$1: startup" tpm2_startup -c
	for index in "${EK_INDICES[@]}"; do
		nvread "$index" "$1-$index.der"
	done
	nvread 0x1c00100 chain.bin
	ok "$1: the chain is whole certificates" split_der chain.bin chain
	for name in rom kernel ptt; do
		mv chain-$n.der "$1-$name.der"
		n=$((n + 1))
	done
	ok "$1: server ends well" stop
}

read_device adl
lenovo=$REFERENCE/device-ADL-lenovo
flash=$REFERENCE/tbs-from-flash/ADL-i7-12650H-EK
# Another batch of the same family may be the default one.
batch=$(openssl x509 -inform DER -in adl-rom.der -noout -text |
	sed -n 's/.*ADL_\([0-9]*\)_ODCA_CA2\.cer/\1/p')
rom_edit="s/ADL_00002820/ADL_$batch/"
[ "$batch" = 00002820 ] || rom_edit="$rom_edit;/^validity/d"
same "adl: EK RSA-2048" adl-0x1c00002.der "$lenovo-0-EK-RSA2048.pem" "" --names
same "adl: PTT CA" adl-ptt.der "$lenovo-1-PTT-CA.pem" "" --names
same "adl: Kernel CA" adl-kernel.der "$lenovo-2-Kernel-CA.pem" "" --names
same "adl: ROM CA" adl-rom.der "$lenovo-3-ROM-CA.pem" "$rom_edit"
for curve in P256:0x1c0000a P384:0x1c00016; do
	around "$flash-${curve%:*}.tbs.der" real.der
	# The last octets of the firmware version were lost in the flash image.
	same "adl: EK ${curve%:*} (unsigned, from flash)" "adl-${curve#*:}.der" real.der \
		's/"id:\?{8}"/"id:02580012"/' --names
done

# No Tiger Lake EK is known: the Alder Lake one, with this generation's names.
read_device tgl
debug=$REFERENCE/device-TGL-DEBUG
not_before=$(openssl x509 -inform DER -in tgl-ptt.der -noout -startdate)
isnt "tgl: firmware's date" "$not_before" ""
ondie='s/ODCA_CA2_CSME_Indirect/OnDie_CA_CSME_Indirect/'
date="s/UTCTime:(190101|210623)000000Z,/UTCTime:$(date -ud "${not_before#*=}" +%y%m%d%H%M%SZ),/"
version=$(openssl x509 -inform DER -in tgl-0x1c00002.der -noout -ext subjectAltName |
	sed -n 's/.*id:\(01F4[0-9A-F]*\).*/\1/p')
isnt "tgl: a firmware version 500.x in the SAN" "$version" ""
same "tgl: EK RSA-2048 (as Alder Lake's)" tgl-0x1c00002.der "$lenovo-0-EK-RSA2048.pem" \
	"$ondie;$date;s/\"ADL\"/\"TGL\"/;s/id:02580012/id:$version/"
# An application's number and its last octet; paths on the debug host.
same "tgl: PTT CA (as the debug DAL CA)" tgl-ptt.der "$debug-1-DAL-app-CA.pem" \
	"$date;s,content/OD/,content/OnDieCA/,;s/0104140020/0104130040/"
same "tgl: Kernel CA" tgl-kernel.der "$debug-2-Kernel-DE-CA.pem" "$date"
same "tgl: ROM CA" tgl-rom.der "$debug-3-ROM-DE-CA.pem" \
	"s/TGL_DEBUG000/TGL_00002004/;s,content/OD/,content/OnDieCA/,;s/UTCTime:190101/UTCTime:190501/"

hierarchy() { # OURS REAL
	same "$1" "$CERTS/$1.cer" "$REFERENCE/intel-odca-$2.pem"
}
hierarchy OnDie_CA_RootCA_Certificate root-OnDie_CA_RootCA_Certificate
hierarchy OnDie_CA_CSME_Intermediate intermediate-OnDie_CA_CSME_Intermediate
hierarchy ODCA_CA2_CSME_Intermediate intermediate-ODCA_CA2_CSME_Intermediate
for cert in "$CERTS"/*_0000*.cer; do
	name=${cert##*/}
	name=${name%.cer}
	number=${name#*_}
	real=$(compgen -G "$REFERENCE/intel-odca-issuing-${name%%_*}*${number%%_*}*.pem" | head -n 1)
	isnt "$name: there is a real one" "$real" ""
	[ -z "$real" ] || same "$name" "$cert" "$real"
done
finish
