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

n=0
kill_when()
{
    local what=$1
    shift
    local nsr
    nsr=$(baton nsr create dummy -o name)
    eventually 30 "$what" "$@" "$nsr"
    suite_stop nfvo KILL
    suite_start_nfvo
    eventually 60 "ACTIVE after a kill -9 when $what" nsr_is "$nsr" ACTIVE
    n=$((n + 1))
    expect "no server twice, when $what" test "$(suite_servers | wc -l)" == 3
    delete_and_leave_nothing "$nsr"
}

created() { true; }
granted() { nsr_has_vnfrs "$1" 1; }
first_launched() { [[ $(suite_servers) ]]; }
initialized() { nsr_has_vnfrs "$1" 1 INITIALIZED; }
inactive() { nsr_has_vnfrs "$1" 1 INACTIVE || nsr_has_vnfrs "$1" 1 ACTIVE; }

kill_when 'it was accepted' created
kill_when 'a VNF was granted' granted
kill_when 'the first server was launched' first_launched
kill_when 'a VNF was INITIALIZED' initialized
kill_when 'a VNF was being started' inactive
