#!/usr/bin/env bash
# Whatever a VNFM puts into our queues in its room: it ends in the dead-letter queue there with its reason, and work goes on.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all

vhost=$(suite_room vnfm-dummy)

# put QUEUE BODY [PROPERTIES]: through the default exchange, as every manager may.
put()
{
    broker_call POST "/api/exchanges/$vhost/amq.default/publish" "$(jq -nc --arg q "$1" --arg b "$2" --argjson p "${3-{\}}" \
        '{routing_key: $q, payload: $b, payload_encoding: "string", properties: $p}')" | jq -e .routed >/dev/null
}

dead_letters()
{
    broker_call POST "/api/queues/$vhost/nfvo.dead-letters/get" \
        '{"count":1000,"ackmode":"ack_requeue_true","encoding":"auto","truncate":100}'
}

dead_letters_are()
{
    [[ $(dead_letters | jq --arg q "$1" '[.[] | select(.properties.headers["x-baton-queue"] == $q)] | length') == "$2" ]]
}

printf -v deep '%0.s[' {1..20000}
bad=('' '{' 'not json' '"text"' '[]' '{"action":"DANCE"}' '{"action":"GRANT_OPERATION","virtualNetworkFunctionRecord":{"id":' "$deep")
for queue in vnfm.nfvo.actions vnfm.nfvo.actions.reply; do
    for body in "${bad[@]}"; do
        expect "published to $queue" put "$queue" "$body"
    done
    eventually 120 "what $queue cannot read is a dead letter" dead_letters_are "$queue" ${#bad[@]}
done

# Answers: to nothing of ours they are only logged; forged ids must not harm.
for id in x '' nsr:0.1.1 nsr:-1.2.3 nsr:255.255.255 nsr:999999999999.1.1 ':0.1.1'; do
    for body in "${bad[@]}"; do
        expect 'published to nfvo.replies' put nfvo.replies "$body" "$(jq -nc --arg id "$id" '{correlation_id: $id}')"
    done
done
expect 'each says why' jq -e 'all(.[]; .properties.headers["x-baton-reason"] | length > 3)' <<<"$(dead_letters)" >/dev/null

# nfvo's own queue is out of a peer's reach, and no worse for what is in it.
expect 'there is no nfvo.internal in the room' test "$(put nfvo.internal '{' && echo routed)" = ''
in_room=$vhost vhost=$(suite_vhost_in_url)
for body in "${bad[@]:1}"; do
    expect 'published to nfvo.internal' put nfvo.internal "$body"
done
eventually 120 'unreadable internal messages are dead letters' dead_letters_are nfvo.internal $((${#bad[@]} - 1))
broker_call DELETE "/api/queues/$vhost/nfvo.dead-letters/contents" >/dev/null
vhost=$in_room

# An answer that cannot be read ends what it answers, at once and with a reason.
# The VNFM is held, not ended: without a consumer its endpoint would, at the next check, be taken for absent.
process_signal STOP "$(suite_identity vnfm-dummy)"
nsr=$(baton nsr create dummy -o name)
wait_until 180 eval '[[ $(suite_sql "select count(*) from command where kind = '"'INSTANTIATE'"' and agg = '"'$nsr'"'") == 2 ]]' || fail 'two INSTANTIATEs are outstanding'
command=$(suite_sql "select id from command where kind = 'INSTANTIATE' and agg = '$nsr' limit 1")
expect 'published to nfvo.replies' put nfvo.replies '{"action":' "$(jq -nc --arg id "$command" '{correlation_id: $id}')"
eventually 120 'the service is in ERROR' nsr_is "$nsr" ERROR
expect 'it says why' grep -q unreadable <<<"$(baton nsr show "$nsr" -o json)"
process_signal CONT "$(suite_identity vnfm-dummy)"
delete_services_only()
{
    baton nsr delete "$nsr" --wait --timeout 180s
}
expect 'it is deleted' delete_services_only

# And the main job is done as ever.
expect_exit 0 baton nsr create dummy --wait --timeout 180s
broker_call DELETE "/api/queues/$vhost/nfvo.dead-letters/contents" >/dev/null
mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"
