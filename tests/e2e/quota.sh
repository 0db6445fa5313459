#!/usr/bin/env bash
# Two PoPs are allowed, and one has room for three servers only: it gets one service (of three servers), the other PoP the rest;
# when none has room, the fault says of each what is left. Room that a release gives back is used again.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --capacity-of 'north=3,south=9'
suite_start_vnfm
suite_wait_for_peers

quota_of() { suite_sql "select coalesce((nullif(state, '')::json)->'quota'->>'instances', '') from pop where name = '$1'"; }
servers_at() { suite_sql "select count(*) from instance where phase in ('LAUNCHING', 'DOUBT', 'UP') and pop_id = (select id from pop where name = '$1')"; }
knows_quota() { [[ $(quota_of "$1") == "$2" ]]; }
for name in north:3 south:9; do
    jq --arg name "${name%:*}" '.name = $name' "$e2e_top/deploy/examples/test-pop.json" >"$suite/pop.json"
    expect "PoP ${name%:*} is registered" baton pop create "$suite/pop.json"
    eventually 120 "the quota of ${name%:*} is known" knows_quota "${name%:*}" "${name#*:}"
done
expect_exit 0 baton status
expect_said 'servers of 3'
expect_exit 0 baton explain north
expect_said 'QUOTA'
jq '.vnfd[].vdu[].vimInstanceName = ["north", "south"]' "$e2e_top/deploy/examples/dummy-nsd.json" >"$suite/nsd.json"
expect 'the NSD is onboarded' baton nsd create "$suite/nsd.json"

# One after the other, all within the time for which a snapshot is believed.
for ((i = 0; i < 4; i++)); do
    expect_exit 0 baton nsr create dummy --wait --timeout 180s
done
expect "north is full ($(servers_at north))" test "$(servers_at north)" == 3
expect "south is full ($(servers_at south))" test "$(servers_at south)" == 9
expect_exit 1 baton nsr create dummy --wait --timeout 180s
expect_said "PoP 'north': its quota of 3 instances has 0 left, "
expect_said "PoP 'south': its quota of 9 instances has 0 left, "
expect 'the driver was not asked in vain' test "$(grep -c '"outcome":"failed"' "$suite/driver.journal")" == 0

mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
expect_exit 0 baton nsr create dummy --wait --timeout 180s
mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
