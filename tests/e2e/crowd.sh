#!/usr/bin/env bash
# A hundred services on two nfvo processes that share queues and database; one of them is killed in between.
# Runs alone: a hundred services want both cores.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
second_port=$(port_pick)
suite_start nfvo2 nfvo --config "$suite/nfvo.conf" --port "$second_port"

n=100
seen=$(wc -l <"$suite/driver.journal")
nsd=$(baton nsd list -o name)
for ((i = 0; i < n; i++)); do
    if ((i == n / 2)); then
        suite_stop nfvo2 KILL
        suite_start nfvo2 nfvo --config "$suite/nfvo.conf" --port "$second_port"
    fi
    if ((i % 2)); then
        baton nsr create "$nsd" -o name
    else
        baton --url "http://127.0.0.1:$second_port" nsr create "$nsd" -o name
    fi
done >"$suite/created"
expect 'a hundred are accepted' test "$(sort -u "$suite/created" | wc -l)" == "$n"

all_active()
{
    [[ $(suite_sql "select count(*) from nsr where phase = 'ACTIVE'") == "$n" ]]
}
eventually 120 "all of them are ACTIVE" all_active
expect 'three servers each' test "$(suite_servers | wc -l)" == $((3 * n))
expect 'no launch more than that' test "$(tail -n "+$((seen + 1))" "$suite/driver.journal" |
    jq -c 'select((.action | startswith("launch")) and .outcome == "done")' | wc -l)" == $((3 * n))
expect 'every address once' test "$(suite_sql "select count(distinct ip) = count(*) from
    (select jsonb_path_query(doc::jsonb, '\$.vdu[*].vnfc_instance[*].ips[*].ip') ip from vnfr) i")" == t

while read -r nsr; do
    baton nsr delete "$nsr" >/dev/null 2>&1 || fail "nsr $nsr cannot be deleted"
done <"$suite/created"
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
