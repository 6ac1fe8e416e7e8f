#!/usr/bin/env bash
# A measured boot: OVMF extends PCR 0 to 7 and hands its event log to the guest,
# where it replays to the PCRs that the TPM has; the same after a reboot.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/device.sh
. "$TOP/tests/vm/device.sh"

OVMF=${OVMF:-/usr/share/OVMF}
[ -e "$OVMF/OVMF_CODE_4M.fd" ] ||
	skip "no file '$OVMF/OVMF_CODE_4M.fd' (scripts/bootstrap --test)"
LOG=/sys/kernel/security/tpm0/binary_bios_measurements

# PCR 0 to 7 as the TPM has them, "INDEX:VALUE" a line.
measured() {
	from 'tpm2_pcrread sha256:0,1,2,3,4,5,6,7' |
		sed -n 's/^ *\([0-7]\) *: 0x\([0-9A-F]*\)$/\1:\2/p'
}

# The same from the event log.
replayed() {
	from "tpm2_eventlog $LOG" | sed -n '/^pcrs:/,$p' | sed -n '/sha256:/,$p' |
		sed -n 's/^ *\([0-7]\) *: 0x\([0-9a-f]*\)$/\1:\U\2/p'
}

boot_cases() {
	local have
	have=$(measured)
	is "eight PCRs" "$(wc -l <<<"$have")" 8
	is "each is extended" "$(grep -c ":$ZEROS" <<<"$have")" 0
	is "the event log replays to them" "$(replayed)" "$have"
	ok "the identity is the device's" guest 'tpm2_getcap properties-fixed'
	says "Intel" 'value: +"INTC"'
}

cp "$OVMF/OVMF_VARS_4M.fd" "$TMP/vars.fd"
FIRMWARE=(-drive "if=pflash,unit=0,format=raw,readonly=on,file=$OVMF/OVMF_CODE_4M.fd"
	-drive "if=pflash,unit=1,format=raw,file=$TMP/vars.fd")

device "$TMP/state"
tpm_start "$TMP/state"
vm_start tpm-crb "${FIRMWARE[@]}" "${GUEST[@]}"
booted "boot"
boot_cases
FIRST=$(measured)
tell 'reboot -f'
booted "boot again"
boot_cases
is "the same boot, the same PCRs" "$(measured)" "$FIRST"
ok "QEMU ends" vm_quit
finish
