#!/usr/bin/env bash
# The key file is gone: nfvo refuses to start over what was sealed with it, and says how to go on; going on works.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
expect_exit 0 baton nsr create dummy --wait --timeout 180s

suite_stop nfvo
mv "$suite/seal-key" "$suite/kept"
expect_exit 1 "$suite_bin/nfvo" --config "$suite/nfvo.conf"
expect_said "the key file '$suite/seal-key' is missing"
expect_said '--seal-key-lost'
[[ ! -e $suite/seal-key ]] || fail 'a new key was made'

suite_start_nfvo --seal-key-lost
expect_exit 0 baton pop update demo "$e2e_top/deploy/examples/test-pop.json"
expect_exit 0 baton nsr create dummy --wait --timeout 180s
suite_stop nfvo
suite_start_nfvo # the new key is the key now
suite_stop vnfm-dummy
rm "$suite/vnfm-dummy.password" # as its unit does before each start
suite_start_vnfm
expect_exit 0 baton nsr create dummy --wait --timeout 180s
mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
