#!/usr/bin/env bash
# What is done to a service after its birth, with the dummy VNFM and the test driver, as it is typed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)
host=$(baton nsr show dummy -o json | jq -r '.vnfr[] | select(.name == "dummy-client") | .vdu[0].vnfc_instance[0].hostname')

states() { # states: "vnf host host ..." of dummy-client
    baton nsr show dummy -o json | jq -r '.vnfr[] | select(.name == "dummy-client") |
        [.status, (.vdu[].vnfc_instance[].state)] | join(" ")'
}

# A plan does nothing.
expect_exit 0 baton nsr heal dummy "$host" --cause burning --plan
expect_said 'A plan: nothing is done'
expect_said 'HEAL'
expect 'there is no operation' test "$(baton op list dummy state=open -o name)" == ''

# Which one is asked for is asked back.
expect_exit 2 baton nsr update dummy
expect_said 'dummy-server'
expect_exit 2 baton nsr heal dummy
expect_said "$host"
expect_exit 3 baton nsr stop dummy nobody
expect_said "there is no host and no VNF 'nobody'"

expect_exit 0 baton nsr update dummy dummy-client --wait --timeout 180s
expect_said 'UPDATE of dummy dummy-client is COMPLETED after'
expect_exit 0 baton nsr heal dummy "$host" --cause burning --wait --timeout 180s
expect_said "HEAL of dummy $host is COMPLETED after"
expect_exit 0 baton nsr stop dummy "$host" --wait --timeout 180s
expect 'one of two is stopped' test "$(states | tr ' ' '\n' | grep -c INACTIVE)" == 1
expect_exit 0 baton nsr stop dummy dummy-client --wait --timeout 180s
expect 'all are stopped' test "$(states)" == 'INACTIVE INACTIVE INACTIVE'
expect 'the service is not ACTIVE' test "$(nsr_status "$nsr")" == INACTIVE
expect_exit 0 baton nsr start dummy dummy-client --wait --timeout 180s
expect 'all run again' test "$(states)" == 'ACTIVE ACTIVE ACTIVE'

echo 'echo hello' >"$suite/hello.sh"
expect_exit 0 baton nsr execute dummy dummy-client "$suite/hello.sh" --wait --timeout 180s
expect_exit 0 baton nsr execute dummy dummy-client "$suite/hello.sh" --wait --timeout 180s -o name
op=$(baton op list dummy kind=execute -o name | head -1)
expect_exit 0 baton op show "${op:0:13}"
expect_said 'COMPLETED'
expect_said 'execute a script on'
expect_exit 1 baton op retry "$op"
expect_said 'has ended: it is COMPLETED'

# A release is told beforehand, and does nothing then.
expect_exit 0 baton nsr delete dummy --plan
expect_said 'A plan: nothing is done'
expect_said "VNFM 'dummy' gets RELEASE_RESOURCES of 'dummy-client'"
expect_said 'networks are not deleted'
expect_said '3 -> 0  3 -> 0 of ' # servers; instances of the PoP's quota
expect 'it is there' test "$(nsr_status "$nsr")" == ACTIVE

# They outlive their service, with its deployment and its release.
expect 'all are there' test "$(baton op list dummy -o name | wc -l)" == 8
delete_and_leave_nothing "$nsr"
expect 'all are there yet' test "$(baton op list -o name | wc -l)" == 9
expect_exit 0 baton op show "$op"
expect_said 'dummy-client'
