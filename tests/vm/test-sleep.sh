#!/usr/bin/env bash
# A guest sleeps (ACPI S3) and wakes: its TPM kept the PCRs and the saved state.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/device.sh
. "$TOP/tests/vm/device.sh"

device "$TMP/state"
tpm_start "$TMP/state"
vm_start tpm-crb "${GUEST[@]}"
booted "boot"
# PCR 10 is kept over TPM2_Startup(STATE); 16 is a debug PCR, and begins anew.
ok "PCR 10 is extended" extend 10
ok "PCR 16 is extended" extend 16
ok "a key's context is saved" guest \
	"tpm2_createprimary -Q -C o -G ecc:ecdsa -a '$SIGNING' -c key && tpm2_flushcontext -t"
BEFORE=$(pcr 10)
isnt "PCR 10 is not zero" "$BEFORE" "    10: 0x$ZEROS"
tell 'echo mem >/sys/power/state'
ok "the machine sleeps" event '"SUSPEND"'
ok "it is woken" qmp system_wakeup
ok "and wakes" event '"WAKEUP"'
ok "its guest goes on" answer
is "PCR 10 is as it was" "$(pcr 10)" "$BEFORE"
is "PCR 16 has begun anew" "$(pcr 16)" "    16: 0x$ZEROS"
ok "the saved key loads and signs" guest \
	'echo text >text && tpm2_sign -Q -c key -o signature text && tpm2_flushcontext -t'
lap "sleep"
ok "QEMU ends" vm_quit
finish
