#!/usr/bin/env bash
# The database dies during a deployment and comes back: requests fail with a reason, the deployment ends ACTIVE.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open --own-servers
suite_start_nfvo
suite_start_driver --delay launchInstanceAndWait=500ms
suite_start_vnfm --delay 500ms
suite_wait_for_peers
fill_catalogue

nsr=$(baton nsr create dummy -o name)
nsd=$(baton nsd list -o name)
eventually 30 'a VNF is granted' nsr_has_vnfrs "$nsr" 1
servers kill db
rc=0
said=$(timeout 60 "$suite_bin/baton" nsr create "$nsd" 2>&1) || rc=$?
expect "a request fails while the database is away (exit $rc: $said)" test "$rc" -ge 1 -a "$rc" -le 5
servers restart db
eventually 120 'ACTIVE when the database is back' nsr_is "$nsr" ACTIVE
expect 'no server twice' test "$(suite_servers | wc -l)" == 3
mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
