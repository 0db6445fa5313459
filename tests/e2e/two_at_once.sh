#!/usr/bin/env bash
# Two services of one descriptor at once: both ACTIVE, told apart by id.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all

first=$(baton nsr create dummy -o name)
expect_exit 0 baton nsr create dummy --wait --timeout 180s
eventually 120 'the first one is ACTIVE' nsr_is "$first" ACTIVE
expect_exit 2 baton nsr show dummy
expect_said "$first"
expect 'six servers with six names' test "$(suite_servers | cut -d' ' -f1 | sort -u | wc -l)" == 6
mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
