#!/usr/bin/env bash
# A stored record that cannot be read: what needs it is refused and says which, its text stays, the others live on; repaired, it goes on.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open --own-servers # the broker tells every nfvo of refused logins, so status may warn of those of another suite
start_all

nsr=$(baton nsr create dummy --wait --timeout 180s -o name)
other=$(baton nsr create dummy --wait --timeout 180s -o name)
vnfr=$(suite_sql "SELECT id FROM vnfr WHERE agg = '$nsr' LIMIT 1")
suite_sql "CREATE TABLE kept AS SELECT doc FROM vnfr WHERE id = '$vnfr'; UPDATE vnfr SET doc = '{\"vdu\":[7' WHERE id = '$vnfr'"

expect_exit 1 baton nsr delete "$nsr"
expect_said "the stored document of vnfr '$vnfr' cannot be read"
expect_said "hint: its text is kept"
expect 'its text is kept' test "$(suite_sql "SELECT doc FROM vnfr WHERE id = '$vnfr'")" = '{"vdu":[7'
expect_exit 0 baton status
expect_said "the stored document of vnfr '$vnfr' cannot be read"
expect_said "baton explain $nsr"
expect_exit 0 baton explain "$nsr"
expect_said "UNREADABLE"
expect_said "the stored document of vnfr '$vnfr' cannot be read"
expect 'it was not released' nsr_is "$other" ACTIVE
expect_exit 0 baton nsr delete "$other" --wait --timeout 180s

suite_sql "UPDATE vnfr SET doc = (SELECT doc FROM kept) WHERE id = '$vnfr'; DROP TABLE kept"
no_warning()
{
    baton status | grep -E '^WARNINGS +none' >/dev/null
}
eventually 120 'status warns of nothing' no_warning
delete_and_leave_nothing "$nsr"
