#!/usr/bin/env bash
# Two PoPs are allowed. Services are spread; a PoP whose networks cannot be made gives way to the other; when none is left, the
# fault says why of each. Once all went to the first that was allowed, and failed there.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver
suite_start_vnfm
suite_wait_for_peers

for name in north south; do
    jq --arg name "$name" '.name = $name' "$e2e_top/deploy/examples/test-pop.json" >"$suite/$name.json"
    expect "PoP $name is registered" baton pop create "$suite/$name.json"
done
jq '.vnfd[].vdu[].vimInstanceName = ["north", "south"]' "$e2e_top/deploy/examples/dummy-nsd.json" >"$suite/nsd.json"
expect 'the NSD is onboarded' baton nsd create "$suite/nsd.json"

n=12
for ((i = 0; i < n; i++)); do
    expect_exit 0 baton nsr create dummy --wait --timeout 180s
done
services_at() { suite_sql "select count(distinct agg) from instance where pop_id = (select id from pop where name = '$1')"; }
expect "north has some of $n ($(services_at north))" test "$(services_at north)" -gt 0
expect "south has the others ($(services_at south))" test "$(services_at south)" -gt 0
expect 'each service is on one' test $(($(services_at north) + $(services_at south))) == $n

# From now on networks cannot be made in north.
suite_stop vim-driver-test
suite_start_driver --fail 'createNetwork:north'
suite_wait_for_peers
jq '.name = "other" | .vld[].name = "other" | .vnfd[].virtual_link[].name = "other"
    | .vnfd[].vdu[].vnfc[].connection_point[].virtual_link_reference = "other"
    | .vnfd[].name |= "other-" + . | .vnf_dependency = [] | del(.vnfd[].requires)' "$suite/nsd.json" >"$suite/other.json"
expect 'the other NSD is onboarded' baton nsd create "$suite/other.json"
before=$(services_at south)
for ((i = 0; i < 4; i++)); do
    expect_exit 0 baton nsr create other --wait --timeout 180s
done
expect 'all four are in south' test "$(services_at south)" == $((before + 4))

suite_stop vim-driver-test
suite_start_driver --fail createNetwork
suite_wait_for_peers
jq '.name = "third" | .vld[].name = "third" | .vnfd[].virtual_link[].name = "third"
    | .vnfd[].vdu[].vnfc[].connection_point[].virtual_link_reference = "third"' "$suite/other.json" >"$suite/third.json"
expect 'the third NSD is onboarded' baton nsd create "$suite/third.json"
expect_exit 1 baton nsr create third --wait --timeout 180s
expect_said "PoP 'north': "
expect_said "PoP 'south': "

mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
