#!/usr/bin/env bash
# Scaling out takes its share of the PoP's and of the project's quota: refused beforehand where that is known, given back by what removes it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --capacity-of 'north=4'
suite_start_vnfm
suite_wait_for_peers
jq '.name = "north"' "$e2e_top/deploy/examples/test-pop.json" >"$suite/pop.json"
expect 'the PoP is registered' baton pop create "$suite/pop.json"
knows_quota() { [[ $(suite_sql "select coalesce((nullif(state, '')::json)->'quota'->>'instances', '') from pop where name = 'north'") == 4 ]]; }
eventually 120 'its quota is known' knows_quota
jq '.vnfd[].vdu[].vimInstanceName = ["north"]' "$e2e_top/deploy/examples/dummy-nsd.json" >"$suite/nsd.json"
expect 'the NSD is onboarded' baton nsd create "$suite/nsd.json"
expect_exit 0 baton nsr create dummy --wait --timeout 180s
nsr=$(baton nsr list -o name)
n_servers() { (($(suite_servers | wc -l) == $1)); }

# The PoP has room for one more; the next one is refused, whenever that is known, and leaves no trace.
expect_exit 0 baton nsr scale-out dummy dummy-server --wait --timeout 180s
rc=0
said=$(baton nsr scale-out dummy dummy-server --wait --timeout 180s 2>&1) || rc=$?
expect 'it is refused, or rolled back' test "$rc" != 0
expect_said 'its quota of 4 instances has 0 left, 1 is needed'
expect 'no server more' n_servers 4
expect 'no component is left' test "$(baton nsr show dummy -o json |
    jq '.vnfr[] | select(.name == "dummy-server") | .vdu[0].vnfc | length')" == 2
eventually 120 'the service is ACTIVE' nsr_is "$nsr" ACTIVE
expect_exit 0 baton nsr scale-in dummy dummy-server --wait --timeout 180s
expect 'it went' n_servers 3

# The project's.
expect_exit 0 baton project update default --quota instances=3
expect_exit 1 baton nsr scale-out dummy dummy-server --plan
expect_said "the quota of project 'default' is 3 instances: 3 are used, and this needs 1"
expect_exit 1 baton nsr scale-out dummy dummy-server
expect_exit 0 baton project update default --quota instances=4
expect_exit 0 baton nsr scale-out dummy dummy-server --plan
expect_exit 0 baton nsr scale-out dummy dummy-server --wait --timeout 180s
expect_exit 1 baton nsr scale-out dummy dummy-client
expect_said '4 are used, and this needs 1'
delete_and_leave_nothing "$nsr"
