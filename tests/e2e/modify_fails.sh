#!/usr/bin/env bash
# A VNFM that fails MODIFY: ERROR, the fault is shown, delete still works.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all --fail MODIFY

expect_exit 1 baton nsr create dummy --wait --timeout 180s
expect_said 'vnfm-dummy was told to fail MODIFY'
expect_said 'hint:'
nsr=$(baton nsr list -o name)
expect 'the NSR is in ERROR' nsr_is "$nsr" ERROR
expect_exit 0 baton nsr show "$nsr"
expect_said 'fault: '
expect_said 'vnfm-dummy was told to fail MODIFY'

delete_and_leave_nothing "$nsr"
