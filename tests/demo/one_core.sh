#!/usr/bin/env bash
# A single core.
. "$(dirname "$0")/lib.sh"
situation_open
run_with=(taskset --cpu-list 0)
all_of_it
log=$work/first.log
expect_said '1 core,'
