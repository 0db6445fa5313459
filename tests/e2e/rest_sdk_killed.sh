#!/usr/bin/env bash
# kill -9 of nfvo, then of a VNFM on libob_vnfm over HTTP, each while the VNFM has START in hand: everything is done in the end, and once
# by each process that worked on it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rest_vnfm.inc"
. "$(dirname "$0")/rest_sdk.inc"
scenario_open
rest_sdk_open --delay START=700ms
nsr=$(baton nsr create dummy -o name)
eventually 60 'the VNFM has START in hand' has_start_in_hand
suite_stop nfvo KILL
start_nfvo
eventually 60 'it goes on' nsr_is "$nsr" ACTIVE
done_once START 2

suite_say 'the VNFM is killed, and comes back at the same place'
begun=$(baton nsr create dummy -o name)
eventually 60 'the VNFM has START in hand' has_start_in_hand
suite_stop vnfm-dummy KILL
start_vnfm
eventually 60 'the next process does it' nsr_is "$begun" ACTIVE
delete_and_leave_nothing "$nsr" "$begun"
suite_stop vnfm-dummy
eventually 60 'it has left' has_vnfm 0
