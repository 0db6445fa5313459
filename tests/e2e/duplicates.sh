#!/usr/bin/env bash
# Whatever peers say twice counts once: requests for a grant or for servers, and answers of drivers, again while the deployment runs, and
# all of them once more when it is done and when it is deleted.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --delay 30ms
suite_start_vnfm --delay 30ms
suite_wait_for_peers
fill_catalogue

rooms=("$(suite_room vnfm-dummy)" "$(suite_room vim-driver-test)")
said_file=$suite/said
: >"$said_file"

# A queue in each room that hears all that goes through its exchange.
for room in "${rooms[@]}"; do
    expect 'a spy' broker_call PUT "/api/queues/$room/spy" '{"durable":true}'
    expect 'it listens' broker_call POST "/api/bindings/$room/e/openbaton-exchange/q/spy" '{"routing_key":"#"}'
done

# listen: what peers said since the last time, one line each; kept in $said_file.
listen()
{
    local room
    for room in "${rooms[@]}"; do
        broker_call POST "/api/queues/$room/spy/get" '{"count":500,"ackmode":"ack_requeue_false","encoding":"auto"}' |
            jq -c --arg room "$room" '.[] | select(.routing_key == "vnfm.nfvo.actions.reply" or .routing_key == "nfvo.replies")
                   | {room: $room, routing_key, payload, payload_encoding, properties: (.properties | {reply_to, correlation_id} | with_entries(select(.value)))}' |
            tee -a "$said_file"
    done
}

# say LINES: each in its room, through the default exchange, so that the spy does not hear it again.
say()
{
    local line
    while read -r line; do
        broker_call POST "/api/exchanges/$(jq -r .room <<<"$line")/amq.default/publish" "$(jq -c 'del(.room)' <<<"$line")" >/dev/null || fail "not published: $line"
    done
}

nsr=$(baton nsr create dummy -o name)
echo_until_active()
{
    listen | say
    nsr_is "$nsr" ACTIVE
}
eventually 120 'ACTIVE although each is said twice' echo_until_active
listen >/dev/null
expect 'something was said' test "$(wc -l <"$said_file")" -ge 7
expect 'grants among it' grep -q GRANT_OPERATION "$said_file"
expect 'servers among it' grep -q '"answer' "$said_file"
expect 'three servers' test "$(suite_servers | wc -l)" == 3
expect 'three launches' test "$(grep -c '"action":"launch' "$suite/driver.journal")" == 3
addresses=$(baton nsr show "$nsr" -o json | jq -cS '[.vnfr[].vdu[].vnfc_instance[] | [.id, .hostname, .vc_id, .ips[].ip]] | sort')

say <"$said_file"
said_queues_are_empty()
{
    local room
    for room in "${rooms[@]}"; do
        ! broker_call GET "/api/queues/$room" | jq -e 'any(.[]; (.name | startswith("nfvo.") or startswith("vnfm.")) and ((.messages // 0) > 0))' >/dev/null ||
            return 1
    done
}
eventually 120 'all that was taken' said_queues_are_empty
expect 'still ACTIVE' nsr_is "$nsr" ACTIVE
expect 'the same servers and addresses' test "$addresses" == \
    "$(baton nsr show "$nsr" -o json | jq -cS '[.vnfr[].vdu[].vnfc_instance[] | [.id, .hostname, .vc_id, .ips[].ip]] | sort')"
expect 'no launch more' test "$(grep -c '"action":"launch' "$suite/driver.journal")" == 3

expect 'it is deleted' baton nsr delete "$nsr" --wait --timeout 180s
say <"$said_file"
eventually 120 'all that was taken' said_queues_are_empty
expect 'no launch more' test "$(grep -c '"action":"launch' "$suite/driver.journal")" == 3
for room in "${rooms[@]}"; do
    broker_call DELETE "/api/queues/$room/spy" >/dev/null
done
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
