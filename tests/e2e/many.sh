#!/usr/bin/env bash
# Many services: listed in pages, filtered, released in one call; nfvo is killed while it begins the releases, and none is lost.
# Runs alone: 120 services want both cores.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all

n=120
nsd=$(baton nsd list -o name)
for ((i = 0; i < n; i++)); do
    baton nsr create "$nsd" -o name
done >"$suite/created"
all_active()
{
    [[ $(suite_sql "select count(*) from nsr where phase = 'ACTIVE'") == "$n" ]]
}
eventually 120 'all of them are ACTIVE' all_active

expect 'the list has each once, in the order of creation' diff <(baton nsr list -o name) "$suite/created"
expect 'so has the JSON' diff <(baton nsr list -o json | jq -r '.[].id') "$suite/created"
expect 'and backwards' diff <(baton nsr list --sort -created -o name) <(tac "$suite/created")
expect '--limit is kept' test "$(baton nsr list --limit 7 -o json | jq length)" == 7
expect 'one heading for all' test "$(baton nsr list | grep -c '^NAME .* ID$')" == 1
expect 'a line for each, with its instances' test "$(baton nsr list | grep -c ' 2/2 *3 ')" == "$n"
expect 'none is in ERROR' test -z "$(baton nsr list --status ERROR -o name 2>/dev/null)"
expect 'all are ACTIVE' test "$(baton nsr list --status ACTIVE -o name | wc -l)" == "$n"
expect_exit 1 baton nsr list --sort size
expect_said "the order is 'created' or 'name'"
expect_exit 2 baton nsr list --limit 0

# A name is looked up by the server; what is there twice is told.
expect_exit 2 baton nsr show "$(baton nsr list --limit 1 -o json | jq -r '.[0].name')"

# All in one call. One that is not there: none is touched.
expect_exit 3 baton nsr delete $(head -3 "$suite/created") 00000000-0000-4000-8000-000000000000
expect 'none is released' all_active
baton nsr delete $(<"$suite/created") >"$suite/deleted"
expect 'accepted' grep -q "^$n network services are being deleted" "$suite/deleted"
suite_stop nfvo KILL
left=$(suite_sql 'select count(*) from release_wanted')
echo "killed with $left of $n not begun"
suite_start_nfvo
all_gone()
{
    [[ $(suite_sql 'select count(*) from nsr') == 0 && $(suite_sql 'select count(*) from release_wanted') == 0 ]]
}
eventually 120 'all are gone' all_gone
expect 'nothing waits' test "$(baton status -o json | jq .releases.left)" == 0
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"

# A few with --wait: it returns when they are gone.
for ((i = 0; i < 3; i++)); do
    baton nsr create "$nsd" --wait -o name 2>/dev/null
done >"$suite/created"
expect_exit 0 baton nsr delete $(<"$suite/created") --wait --timeout 180s
expect_said '3 of 3 are gone'
while read -r nsr; do
    expect "$nsr is gone" nsr_is_gone "$nsr"
done <"$suite/created"
