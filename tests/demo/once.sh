#!/usr/bin/env bash
# The rehearsal, in the mode that the demo chooses itself, twice.
. "$(dirname "$0")/lib.sh"
situation_open
rehearse
demo later 0 --once
within later "$(took)" 60 # it deletes and removes as well
nothing_left
