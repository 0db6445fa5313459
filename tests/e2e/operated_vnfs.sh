#!/usr/bin/env bash
# A VNF leaves a service that runs, and comes back, with the dummy VNFM and the test driver.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)
vnfs() {
    baton nsr show dummy -o json | jq -r '[.vnfr[].name] | sort | join(" ")'
}
vnfd=$(baton vnfd list -o json | jq -r '.[] | select(.name == "dummy-client") | .id')

expect_exit 0 baton nsr remove-vnf dummy dummy-client --plan
expect_said 'TERMINATE'
expect 'a plan does nothing' test "$(vnfs)" == 'dummy-client dummy-server'
expect_exit 0 baton nsr remove-vnf dummy dummy-client --wait --timeout 180s
expect_said 'COMPLETED'
expect 'one is left' test "$(vnfs)" == 'dummy-server'
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
expect_exit 1 baton nsr remove-vnf dummy dummy-server
expect_said 'is the last one of service'

expect_exit 0 baton nsr add-vnf dummy "$vnfd" --plan
expect_said 'INSTANTIATE'
expect_exit 0 baton nsr add-vnf dummy "$vnfd" --wait --timeout 180s
expect_said 'COMPLETED'
expect 'both are there' test "$(vnfs)" == 'dummy-client dummy-server'
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
expect_exit 1 baton nsr add-vnf dummy "$vnfd"
expect_said "has a VNF 'dummy-client' already"

delete_and_leave_nothing "$nsr"
