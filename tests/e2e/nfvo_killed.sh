#!/usr/bin/env bash
# kill -9 of nfvo at each step of a deployment: after a restart it ends ACTIVE.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --delay launchInstanceAndWait=300ms
suite_start_vnfm --delay 200ms
suite_wait_for_peers
fill_catalogue

# kill_when WHAT COMMAND...: a status may be over before it is looked at, a line in a journal stays: conditions are lines.
kill_when()
{
    local what=$1 nsr
    shift
    cat "$suite/vnfm.journal" 2>/dev/null | wc -l >"$suite/seen"
    nsr=$(baton nsr create dummy -o name)
    eventually 120 "$what" "$@"
    suite_stop nfvo KILL
    suite_start_nfvo
    eventually 120 "ACTIVE after a kill -9 when $what" nsr_is "$nsr" ACTIVE
    expect "no server twice, when $what" test "$(suite_servers | wc -l)" == 3
    delete_and_leave_nothing "$nsr"
}

# vnfm_did ACTION: in this deployment.
vnfm_did()
{
    tail -n "+$(($(cat "$suite/seen") + 1))" "$suite/vnfm.journal" 2>/dev/null | grep -q "\"action\":\"$1\""
}

server_launched()
{
    [[ $(suite_servers) ]]
}

kill_when 'it was accepted' true
kill_when 'the first server was launched' server_launched
kill_when 'a VNF was instantiated' vnfm_did INSTANTIATE
kill_when 'a VNF was configured' vnfm_did MODIFY
kill_when 'a VNF was started' vnfm_did START
