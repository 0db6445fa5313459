#!/usr/bin/env bash
# VNFMs over HTTP (rest-api.md 2.12): one that answers, and one that behaves as the Java REST SDK, which gives no result with its answer.
# Both do a whole life; what goes wrong on the way is told with its cause, or gone round.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rest_vnfm.inc"
scenario_open
suite_start_nfvo
suite_start_driver

# Each operation of one that runs; a target that depends on it is told of what comes and goes.
operate()
{
    local host
    host=$(baton nsr show "$nsr" -o json | jq -r '[.vnfr[] | select(.name == "dummy-server")][0].vdu[0].vnfc_instance[0].hostname')
    printf '#!/bin/sh\n' >"$suite/look.sh"
    expect "$1: it grows" baton nsr scale-out "$nsr" dummy-server --wait --timeout 60s
    expect "$1: an instance is healed" baton nsr heal "$nsr" "$host" --cause 'a test' --wait --timeout 60s
    expect "$1: it shrinks" baton nsr scale-in "$nsr" dummy-server --wait --timeout 60s
    expect "$1: it is stopped" baton nsr stop "$nsr" dummy-server --wait --timeout 60s
    expect "$1: it is started" baton nsr start "$nsr" dummy-server --wait --timeout 60s
    expect "$1: it is configured" baton nsr configure "$nsr" dummy-server mood=good --wait --timeout 60s
    expect "$1: a script is sent" baton nsr execute "$nsr" dummy-server "$suite/look.sh" --wait --timeout 60s
    expect "$1: its scripts are updated" baton nsr update "$nsr" dummy-server --wait --timeout 60s
    expect "$1: it is ACTIVE again" nsr_is "$nsr" ACTIVE
}

live()
{
    expect "$1: it is deployed" baton nsr create dummy --wait --timeout 60s
    nsr=$(baton nsr list -o name)
    expect "$1: it is ACTIVE" nsr_is "$nsr" ACTIVE
    operate "$1"
    delete_and_leave_nothing "$nsr"
}

suite_say 'one that answers'
vnfm_start
eventually 60 'the driver is there' suite_has_driver test
eventually 60 'the VNFM is there' has_vnfm 1
fill_catalogue
# It is away for a moment, busy, and answers one request late.
mood '{"INSTANTIATE": ["503", "late"], "START": ["429"]}'
live 'one that answers'

suite_say 'what is no answer is an error with its cause'
mood '{"INSTANTIATE": ["500"]}'
expect_exit 1 baton nsr create dummy --wait --timeout 60s
expect_said 'status 500'
delete_and_leave_nothing "$(baton nsr list -o name)"
vnfm_stop
eventually 60 'it has left' has_vnfm 0

suite_say 'one as the Java REST SDK'
vnfm_start --java
eventually 60 'the VNFM is there' has_vnfm 1
mood '{"START": ["twice"], "INSTANTIATE": ["twice"]}'
live 'one as the Java REST SDK'
vnfm_stop
