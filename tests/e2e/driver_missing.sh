#!/usr/bin/env bash
# No driver: a PoP is refused with its reason; a deployment ends in ERROR.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
# restart_nfvo OPTION...: the short limit is for a driver that is not there; one that is may need seconds on a busy machine.
restart_nfvo()
{
    suite_stop nfvo
    suite_start_nfvo --pop-cache 0 "$@"
}

restart_nfvo --driver-timeout 3s
expect_exit 1 baton pop create "$e2e_top/deploy/examples/test-pop.json"
expect_said 'driver'
expect 'no PoP is left of it' test -z "$(baton pop list -o name 2>/dev/null)"

restart_nfvo
suite_start_driver
suite_start_vnfm
suite_wait_for_peers
fill_catalogue
suite_stop vim-driver-test KILL
restart_nfvo --driver-timeout 3s
expect_exit 1 baton nsr create dummy --wait --timeout 180s
expect_said 'driver'
nsr=$(baton nsr list -o name)
expect_exit 0 baton nsr show "$nsr"
expect_said 'fault: '
suite_start_driver
delete_and_leave_nothing "$nsr"
