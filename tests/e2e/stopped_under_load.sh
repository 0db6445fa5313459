#!/usr/bin/env bash
# SIGTERM while users deploy: nfvo ends in time and with 0, whoever waits gets the answer or 503, and what was accepted goes on
# with the next process. Once 4 of 7 hung for 30 s: workers answered through an API that was gone.
# Runs alone: nfvo has 20 s to end while users load it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
suite_stop_s=20
scenario_open
start_all
nsd=$(baton nsd list -o name)
token=$(curl --silent --fail --user openbatonOSClient:secret --data "grant_type=password&username=$BATON_USER&password=$BATON_PASSWORD" \
    "$BATON_URL/oauth/token" | jq -r .value)
project=$(curl --silent --fail --header "Authorization: Bearer $token" "$BATON_URL/api/v1/projects" | jq -r '.[0].id')

# Deploys until it is refused; one line an answer: its status, 000 for no connection. An
# unexpected one is shown with its body.
deploy_until_refused()
{
    local status=201 body=$suite/body.$BASHPID
    while [[ $status == 201 ]]; do
        status=$(curl --silent --output "$body" --max-time 60 --write-out '%{http_code}' --request POST --data '{}' \
            --header "Authorization: Bearer $token" --header "project-id: $project" --header 'Content-Type: application/json' \
            "$BATON_URL/api/v1/ns-records/$nsd") || true
        [[ $status =~ ^(201|503|000)$ ]] || echo "answer $status: $(cat "$body")"
        echo "$status" >>"$suite/answers"
    done
}

accepted()
{
    local n
    n=$(grep -c '^201$' "$suite/answers" 2>/dev/null) || true
    ((n >= $1))
}

for round in 1 2 3; do
    : >"$suite/answers"
    users=()
    for _ in {1..6}; do
        deploy_until_refused &
        users+=($!)
    done
    eventually 120 'users are being served' accepted 5
    suite_stop nfvo
    wait "${users[@]}"
    expect "round $round: it ended well" grep -q 'ev=stopped exit=0' "$suite/log/nfvo.log"
    expect "round $round: answers are 201, 503, or no connection: $(sort "$suite/answers" | uniq -c | tr '\n' ' ')" \
        test -z "$(grep -vxE '201|503|000' "$suite/answers")"
    total=$((${total-0} + $(grep -c '^201$' "$suite/answers")))
    rm "$suite/log/nfvo.log"
    suite_start_nfvo
done

mapfile -t all < <(baton nsr list -o name)
expect "what was accepted is there (${#all[@]} of $total)" test "${#all[@]}" -ge "$total"
all_active()
{
    [[ $(suite_sql "select count(*) from nsr where phase = 'ACTIVE'") == "${#all[@]}" ]]
}
eventually 180 'all of them are ACTIVE' all_active
for nsr in "${all[@]}"; do
    baton nsr delete "$nsr" >/dev/null || fail "nsr $nsr cannot be deleted"
done
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
