#!/usr/bin/env bash
# A deployment is planned: where its servers would go and why, what is left of the quota, which scripts would run; nothing is done.
# A saved plan is deployed as it was shown, to the same PoP, or not at all.
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
jq '.vnfd[].vdu[].vimInstanceName = []' "$e2e_top/deploy/examples/dummy-nsd.json" >"$suite/nsd.json"
expect 'the NSD is onboarded' baton nsd create "$suite/nsd.json"
rows() { suite_sql "select (select count(*) from nsr) + (select count(*) from vnfr) + (select count(*) from operation) + (select count(*) from command) + (select count(*) from nsr_claim)"; }

expect_exit 0 baton nsr create dummy --plan --save "$suite/deploy.plan"
[[ -z ${SHOW-} ]] || echo "$said"
expect_said 'A plan: nothing is done'
expect_said 'DEPLOY'
expect_said '0 -> 3'
expect_said 'the best of its 2 PoPs'
expect_said "saved; to do it, if nothing has changed by then: baton op apply $suite/deploy.plan"
expect 'nothing is left of it' test "$(rows)" == 0

# Where it says, each time: the choice among equals is the plan's.
where=$(jq -r '[.plan.pops[].name] | join(" ")' "$suite/deploy.plan")
for _ in 1 2; do
    expect_exit 0 baton op apply "$suite/deploy.plan" --wait --timeout 180s
    expect_said 'DEPLOY of dummy is COMPLETED'
done
expect "all are on $where" test "$(suite_sql "select string_agg(distinct p.name, ' ') from instance i join pop p on p.id = i.pop_id")" == "$where"

# That PoP is gone: the plan is void.
mapfile -t nsrs < <(baton nsr list -o name)
expect 'they go' baton nsr delete "${nsrs[@]}" --wait --timeout 180s
expect 'the PoP goes' baton pop delete "$where"
expect_exit 1 baton op apply "$suite/deploy.plan"
expect_said "what 'dummy' is made of (descriptors, packages, keys, PoPs) has changed since that plan was made"
expect_said 'hint: plan it again: baton nsr create dummy --plan'
expect 'nothing was deployed' test "$(baton nsr list -o name)" == ''

# What would fail is said before: the image is nowhere.
jq '.name = "poor" | .vnfd[].name |= "poor-" + . | .vnf_dependency = [] | del(.vnfd[].requires) | .vnfd[].deployment_flavour = [{"flavour_key": "huge"}]' "$suite/nsd.json" >"$suite/poor.json"
expect 'the NSD is onboarded' baton nsd create "$suite/poor.json"
expect_exit 0 baton nsr create poor --plan
[[ -z ${SHOW-} ]] || echo "$said"
expect_said "it has no flavour 'huge'"
expect 'nothing is left' suite_is_clean
