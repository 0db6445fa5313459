#!/usr/bin/env bash
# The broker restarts during a deployment: it ends ACTIVE.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open --own-servers
suite_start_nfvo
suite_start_driver --delay launchInstanceAndWait=500ms
suite_start_vnfm --delay 500ms
suite_wait_for_peers
fill_catalogue

nsr=$(baton nsr create dummy -o name)
eventually 120 'a VNF is granted' nsr_has_vnfrs "$nsr" 1
servers restart broker
eventually 120 'ACTIVE after the restart' nsr_is "$nsr" ACTIVE
expect 'no server twice' test "$(suite_servers | wc -l)" == 3
delete_and_leave_nothing "$nsr"
