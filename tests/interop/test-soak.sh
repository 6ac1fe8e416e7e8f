#!/usr/bin/env bash
# Two seeded devices of each family, of different batches, share no more than
# silicon would.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs openssl

ok "28 seeded devices" env N=28 ODCASIM="$ODCASIM" "$TOP/scripts/soak"
says "share nothing" '^28 devices of [0-9]+ families .* 0 failed$'
finish
