#!/usr/bin/env bash
# nfvo is killed while VNFMs over HTTP have requests in hand. What may be sent again is, and recognised by its key; what may not is told
# as unknown, unless the VNFM says by itself what became of it. The VNFM is killed, too, and comes back.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rest_vnfm.inc"
scenario_open
start_nfvo()
{
    suite_start_nfvo --rest-vnfm-doubt 1s --manager-absence-grace 60s
}
# holds ACTION N: the work of N such requests is done, only their answers are kept back.
holds()
{
    (($(grep -c "\"held\":\"$1\"" "$suite/vnfm.journal") >= $2))
}

start_nfvo
suite_start_driver
vnfm_start
eventually 60 'the driver is there' suite_has_driver test
eventually 60 'the VNFM is there' has_vnfm 1
fill_catalogue

mood '{"START": ["held"]}'
started=$(baton nsr create dummy -o name)
eventually 60 'the VNFM has START in hand' holds START 1
mood '{"INSTANTIATE": ["held", "held"]}'
begun=$(baton nsr create dummy -o name)
eventually 60 'the VNFM has INSTANTIATE of both VNFs in hand' holds INSTANTIATE 2
suite_stop nfvo KILL
mood '{"go": 1}'
start_nfvo
eventually 60 'what may be sent again is done' nsr_is "$begun" ACTIVE
eventually 60 'what may not is told' nsr_is "$started" ERROR
expect_exit 0 baton explain "$started"
expect_said 'it is not known what became of START'

suite_say 'the VNFM is killed, and comes back at the same place'
vnfm_stop KILL
nsr=$(baton nsr create dummy -o name)
vnfm_start --port "${at##*:}"
eventually 60 'it is done by the next process' nsr_is "$nsr" ACTIVE
delete_and_leave_nothing "$nsr" "$begun" "$started"
vnfm_stop
