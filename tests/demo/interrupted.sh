#!/usr/bin/env bash
# Ctrl-C at five moments: nothing keeps running, and the next start works.
. "$(dirname "$0")/lib.sh"
situation_open
clone_to "$work/clone"

# interrupted_when NAME COMMAND...: start, and interrupt as soon as the command succeeds.
interrupted_when()
{
    local name=$1
    shift
    demo_begin "$name"
    eventually 60 "$name" "$@"
    kill -INT -- "-$demo_pid"
    demo_end 130
    remember_places
    nothing_runs
}

built=$build
build=$work/clone/build-again # nothing in it
interrupted_when building test -s "$state/build.log"
build=$built
interrupted_when servers_start test -s "$state/servers/broker.process"
interrupted_when suite_starts test -s "$state/run/nfvo.process"
interrupted_when deploying said '== Deploying'
first_start
demo stop 0 stop

options=("${demo_options[@]}")
demo_options+=(--once)
state=$work/state-once
interrupted_when deleting said '== Deleting'
demo again 0
expect_said 'passed, stopped and removed'
nothing_left

demo_options=("${options[@]}")
state=$work/state
later_start
remove_and_look
