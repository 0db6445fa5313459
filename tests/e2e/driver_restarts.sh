#!/usr/bin/env bash
# Ready means registered: what is started when a driver or a VNFM says that it is ready works, and so does what is started in
# the second in which the driver restarts.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo --pop-cache 0
suite_start_driver
suite_start_vnfm
fill_catalogue

for signal in TERM KILL; do
    suite_stop vim-driver-test "$signal"
    baton nsr create dummy --wait --timeout 180s >"$suite/early-$signal.out" 2>&1 &
    early=$!
    suite_start_driver
    expect_exit 0 baton nsr create dummy --wait --timeout 180s
    wait "$early" || fail "deployed while the driver restarted ($signal): $(cat "$suite/early-$signal.out")"
    suite_stop vnfm-dummy "$signal"
    suite_start_vnfm
    expect_exit 0 baton nsr create dummy --wait --timeout 180s
done
mapfile -t all < <(baton nsr list -o name)
expect 'all are there' test "${#all[@]}" = 6
delete_and_leave_nothing "${all[@]}"
