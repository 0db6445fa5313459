#!/usr/bin/env bash
# Scaling out with the dummy VNFM and the test driver: kill -9 of nfvo and of the VNFM at each step of it; no room; and released meanwhile.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --delay launchInstanceAndWait=300ms
suite_start_vnfm --delay 200ms
suite_wait_for_peers
fill_catalogue
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)

vnfm_did() # vnfm_did ACTION: since `mark`
{
    tail -n "+$(($(cat "$suite/seen") + 1))" "$suite/vnfm.journal" 2>/dev/null | grep -q "\"action\":\"$1\""
}
mark() { cat "$suite/vnfm.journal" 2>/dev/null | wc -l >"$suite/seen"; }
n_servers() { (($(suite_servers | wc -l) == $1)); }
completed() { [[ $(baton op show "$1" -o json | jq -r .state) == COMPLETED ]]; }

# killed_when PROCESS WHAT COMMAND...: it is COMPLETED all the same, with one server more, and goes again.
killed_when()
{
    local process=$1 what=$2 op
    shift 2
    mark
    expect_exit 0 baton nsr scale-out dummy dummy-server -o name
    op=$said
    eventually 120 "$what" "$@"
    suite_stop "$process" KILL
    expect "$process is not there" eval '! suite_runs "$process"'
    if [[ $process == nfvo ]]; then suite_start_nfvo; else suite_start_vnfm --delay 200ms; fi
    eventually 120 "COMPLETED after a kill -9 of $process when $what" completed "$op"
    expect "one server more, when $what" n_servers 4
    eventually 120 'the service is ACTIVE' nsr_is "$nsr" ACTIVE
    expect_exit 0 baton nsr scale-in dummy dummy-server --wait --timeout 180s
    expect "it went" n_servers 3
}
killed_when nfvo 'it was accepted' true
killed_when nfvo 'the server was launched' n_servers 4
killed_when nfvo 'the VNFM had added it' vnfm_did SCALE_OUT
killed_when nfvo 'the target was told' vnfm_did MODIFY
killed_when vnfm-dummy 'it was accepted' true
killed_when vnfm-dummy 'the server was launched' n_servers 4

# Several at once, one after the other.
expect_exit 0 baton nsr scale-out dummy dummy-server --number 2 --wait --timeout 180s
expect 'two servers more' n_servers 5
expect_exit 1 baton nsr scale-out dummy dummy-server
expect_said 'reached their maximum number'

# Released in the middle of it: nothing is left.
expect_exit 0 baton nsr scale-out dummy dummy-client
delete_and_leave_nothing "$nsr"
