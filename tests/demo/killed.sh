#!/usr/bin/env bash
# kill -9 of everything, in the middle of a deployment and when all runs: the next start works.
. "$(dirname "$0")/lib.sh"
situation_open
kill_all()
{
    local pid left
    remember_places
    [[ ! $demo_pid ]] || kill -KILL -- "-$demo_pid"
    while left=$(our_processes) && [[ $left ]]; do
        for pid in $left; do
            kill -KILL "$pid" 2>/dev/null || true
        done
    done
}

demo_begin killed
eventually 60 'it deploys' said '== Deploying'
kill_all
demo_end 137
first_start
kill_all
later_start
kill_all
remember_places
demo stop 0 stop
remove_and_look
