#!/usr/bin/env bash
# A plan that was saved is done as it was shown, or not at all.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)
status_of() # VNF
{
    baton nsr show dummy -o json | jq -r --arg name "$1" '.vnfr[] | select(.name == $name) | .status'
}

expect_exit 0 baton nsr stop dummy dummy-client --plan --save "$suite/stop.plan"
expect_said 'A plan: nothing is done'
expect_said "baton op apply $suite/stop.plan"
expect 'nothing was done' test "$(baton op list dummy state=open -o name)" == ''
expect_exit 0 baton op apply "$suite/stop.plan" --wait --timeout 180s
expect_said 'STOP_VNF of dummy dummy-client is COMPLETED'
expect 'it is stopped' test "$(status_of dummy-client)" == INACTIVE

# Again: the service is another one by now.
expect_exit 1 baton op apply "$suite/stop.plan"
expect_said "service 'dummy' has changed since that plan was made"
expect 'nothing was done' test "$(baton op list dummy kind=stop_vnf -o name | wc -l)" == 1

# A script goes as it is; a plan of one VNF is void when another was changed.
echo 'echo hello' >"$suite/hello.sh"
expect_exit 0 baton nsr execute dummy dummy-client "$suite/hello.sh" --plan --save "$suite/hello.plan"
expect_exit 0 baton op apply "$suite/hello.plan" --wait --timeout 180s
expect_exit 0 baton nsr stop dummy dummy-server --plan --save "$suite/server.plan"
expect_exit 0 baton nsr start dummy dummy-client --wait --timeout 180s
expect_exit 1 baton op apply "$suite/server.plan"
expect_said 'has changed since'

# What is none is not sent.
expect_exit 2 baton nsr stop dummy dummy-client --save "$suite/no.plan"
echo '{"method":"DELETE","path":"/api/v1/users/x","plan":{"basis":"1"}}' >"$suite/evil.plan"
expect_exit 2 baton op apply "$suite/evil.plan"
expect_said 'is not a plan that was saved'
delete_and_leave_nothing "$nsr"
