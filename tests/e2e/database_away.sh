#!/usr/bin/env bash
# The database dies during a deployment and comes back: requests fail with a reason, the deployment ends ACTIVE.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open --own-servers
suite_start_nfvo
suite_start_driver --delay launchInstanceAndWait=500ms
suite_start_vnfm --delay 500ms
suite_wait_for_peers
fill_catalogue

nsr=$(baton nsr create dummy -o name)
nsd=$(baton nsd list -o name)
eventually 120 'a VNF is granted' nsr_has_vnfrs "$nsr" 1
token=$(curl --silent --fail --user openbatonOSClient:secret --data "grant_type=password&username=$BATON_USER&password=$BATON_PASSWORD" \
    "$BATON_URL/oauth/token" | jq -r .value)
project=$(curl --silent --fail --header "Authorization: Bearer $token" "$BATON_URL/api/v1/projects" | jq -r '.[0].id')
servers kill db
rc=0
said=$(timeout 60 "$suite_bin/baton" nsr create "$nsd" 2>&1) || rc=$?
expect "a request fails while the database is away (exit $rc: $said)" test "$rc" -ge 1 -a "$rc" -le 5

# Users go on changing things: the log tells it, and is not flooded (it was, with 13,000 lines a second).
before=$(wc -l <"$suite/log/nfvo.log")
change_things()
{
    for _ in {1..10}; do
        curl --silent --output /dev/null --max-time 5 --request DELETE --header "Authorization: Bearer $token" \
            --header "project-id: $project" "$BATON_URL/api/v1/ns-records/00000000-0000-4000-8000-000000000000" || true
    done
}
users=()
for _ in {1..8}; do
    change_things &
    users+=($!)
done
wait "${users[@]}"
lines=$(($(wc -l <"$suite/log/nfvo.log") - before))
expect "the log is not flooded ($lines lines)" test "$lines" -lt 400
servers restart db
eventually 120 'ACTIVE when the database is back' nsr_is "$nsr" ACTIVE
expect 'no server twice' test "$(suite_servers | wc -l)" == 3
mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
