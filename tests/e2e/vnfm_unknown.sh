#!/usr/bin/env bash
# A VNFD whose VNFM did not register: refused at once, nothing is started.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver
eventually 120 'the driver registers' suite_has_driver test
fill_catalogue

expect_exit 3 baton nsr create dummy --wait --timeout 180s
expect_said 'dummy is not registered'
expect 'there is no NSR' test -z "$(baton nsr list -o name 2>/dev/null)"
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
