#!/usr/bin/env bash
# A second demo beside the first: in the same folder it waits for nobody, says so or says what runs; in another it works.
. "$(dirname "$0")/lib.sh"
situation_open
demo_begin first
eventually 30 'the first demo starts its servers' test -s "$state/servers/broker.process"
here=$log
demo second 1
expect_said 'another demo works'
log=$here
demo_end 0
within first "$(took)" 60
fact mode "$(mode_said)"

demo again 0
expect_said 'it runs already'
demo rehearsal_in_it 1 --once
expect_said 'one runs in'

first=$state
state=$work/state2
later_start
state=$first
demo again 0
expect_said 'it runs already'
state=$work/state2
demo remove2 0 remove
state=$first
demo again 0
expect_said 'it runs already'
remove_and_look
