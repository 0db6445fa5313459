#!/usr/bin/env bash
# Process groups on loopback addresses; the demo says that this is not isolated.
. "$(dirname "$0")/lib.sh"
situation_open
demo_options+=(--mode plain)
all_of_it
log=$work/first.log
expect_said 'not isolated'
