#!/usr/bin/env bash
# Deleted while servers are being launched: they are undone. It never gets ACTIVE, however slow we are: no START is answered.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --delay launchInstanceAndWait=2s
suite_start_vnfm --silent START
suite_wait_for_peers
fill_catalogue

nsr=$(baton nsr create dummy -o name)
eventually 120 'both VNFs are granted, and servers are being launched' nsr_has_vnfrs "$nsr" 2
expect 'it is not ACTIVE yet' nsr_is "$nsr" NULL
delete_and_leave_nothing "$nsr"
expect 'what was launched was deleted' test -z "$(suite_servers)"
