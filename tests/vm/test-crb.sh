#!/usr/bin/env bash
# A guest on tpm-crb: boot, identity, certificates, PCRs, reset.
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/vm/device.sh
. "$TOP/tests/vm/device.sh"

device_tests tpm-crb
finish
