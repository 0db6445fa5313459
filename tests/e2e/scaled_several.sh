#!/usr/bin/env bash
# Several VDUs of a VNF scale in one operation: all of it or nothing, also with kill -9 of nfvo in the middle.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --delay launchInstanceAndWait=300ms
suite_start_vnfm --delay 200ms
suite_wait_for_peers
jq '(.vnfd[] | select(.name == "dummy-client") | .vdu[]).scale_in_out = 4 | .vnfd |= map(if .name == "dummy-server" then .vdu |= [(.[0] | .name = "front" | .scale_in_out = 3), (.[0] | .name = "back" | .scale_in_out = 2)] else . end)' \
    "$e2e_top/deploy/examples/dummy-nsd.json" >"$suite/two-vdus.json"
expect 'the PoP is registered' baton pop create "$e2e_top/deploy/examples/test-pop.json"
expect 'the NSD is onboarded' baton nsd create "$suite/two-vdus.json"
expect_exit 0 baton nsr create dummy --wait --timeout 180s
nsr=$(baton nsr list -o name)

# "front=2 back=1": how many instances each VDU has.
sizes() { baton nsr show dummy -o json | jq -r '[.vnfr[] | select(.name == "dummy-server") | .vdu[] | "\(.name)=\(.vnfc_instance | length)"] | sort | reverse | join(" ")'; }
are() { [[ $(sizes) == "$1" ]]; }
began=$(suite_servers | wc -l) || true # files there are none of
more_servers() { (($(suite_servers | wc -l) - began >= $1)); } # they come at once: one look may see none, the next one all
fewer_servers() { (($(suite_servers | wc -l) - began <= $1)); }
servers_are() { [[ $(suite_servers | wc -l) == $((began + $1)) ]]; }
completed() { [[ $(baton op show "$1" -o json | jq -r .state) == COMPLETED ]]; }
expect 'one of each' are 'front=1 back=1'

# All of it, or nothing; and which of them is wrong.
expect_exit 1 baton nsr scale-out dummy dummy-server front=1 back=2
expect_said 'reached the maximum number'
expect_said 'and 2 more were asked for'
expect_said "VDU 'back' has 1 instance of at most 2"
expect_said 'vdus[1]'
expect_exit 2 baton nsr scale-out dummy dummy-server front=1 back
expect_exit 1 baton nsr scale-out dummy dummy-server front=1 side=1
expect_said 'it has: front, back'
expect_exit 1 baton nsr scale-in dummy dummy-server front=1
expect_said 'reached the minimum number'
expect_exit 0 baton nsr scale-out dummy dummy-server front=2 back=1 --plan
expect 'nothing was done' are 'front=1 back=1'

expect_exit 0 baton nsr scale-out dummy dummy-server front=2 back=1 -o name
op=$said
eventually 120 'the first server was launched' more_servers 1
suite_stop nfvo KILL
suite_start_nfvo
eventually 180 'COMPLETED after a kill -9 of nfvo' completed "$op"
expect 'each has what was asked' are 'front=3 back=2'
expect 'three servers more' servers_are 3
eventually 120 'the service is ACTIVE' nsr_is "$nsr" ACTIVE

expect_exit 0 baton nsr scale-in dummy dummy-server front=2 back=1 -o name
op=$said
eventually 120 'the first server is gone' fewer_servers 2
suite_stop nfvo KILL
suite_start_nfvo
eventually 180 'COMPLETED after a kill -9 of nfvo' completed "$op"
expect 'as it was' are 'front=1 back=1'
eventually 120 'no server is left over' servers_are 0

# Of two VNFs, one of which depends on the other: all of it, or nothing.
clients() { baton nsr show dummy -o json | jq '[.vnfr[] | select(.name == "dummy-client") | .vdu[].vnfc_instance | length] | add'; }
had=$(clients)
expect_exit 1 baton nsr scale-out dummy dummy-client:dummy-client-1=1 dummy-server:back=2
expect_said "VDU 'back' has 1 instance of at most 2"
expect_exit 1 baton nsr scale-out dummy dummy-client:dummy-client-1=1 nobody:x=1
expect_said 'it has: dummy-client, dummy-server'
expect_exit 2 baton nsr scale-out dummy dummy-client:dummy-client-1=1 back=1
expect_said 'of which VNF? As in web:back=1'
expect_exit 0 baton nsr scale-out dummy dummy-client:dummy-client-1=1 dummy-server:back=1 --plan
expect_said '4 -> 6'
expect 'nothing was done' are 'front=1 back=1'
expect_exit 0 baton nsr scale-out dummy dummy-client:dummy-client-1=1 dummy-server:back=1 --wait --timeout 180s
expect_said 'SCALE_OUT of dummy is COMPLETED'
expect 'the servers have one more' are 'front=1 back=2'
expect 'the clients, too' test "$(clients)" == $((had + 1))
expect_exit 0 baton nsr scale-in dummy dummy-client:dummy-client-1=1 dummy-server:back=1 --wait --timeout 180s
expect 'as it was' are 'front=1 back=1'
expect 'the clients, too' test "$(clients)" == "$had"
eventually 120 'no server is left over' servers_are 0
delete_and_leave_nothing "$nsr"
