#!/usr/bin/env bash
# Operations are seen: by a subscriber on a queue, by `baton event watch`, in the history, in the metrics.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)

queue=ops.$$
broker_call PUT "/api/queues/$(suite_vhost_in_url)/$queue" '{"durable":true,"arguments":{}}' >/dev/null
expect_exit 0 baton event create ops --event OPERATION --endpoint "$queue"
expect_exit 0 baton event create ops-nsr --event OPERATION --endpoint "$queue" --nsr dummy
expect_exit 0 baton event create ops-any --event 'OPER*' --endpoint "$queue"
expect_exit 1 baton event create none --event OPERATIONS --endpoint "$queue"

"$suite_bin/baton" event watch --nsr dummy -o json >"$suite/watched" 2>&1 &
watch=$!
watched() # FILTER: a line of the stream is so
{
    jq -e --slurp "any(.[]; $1)" "$suite/watched" >/dev/null 2>&1
}

# The watch is there when it sees something: ask until it does.
hello()
{
    baton nsr update dummy dummy-client --wait --timeout 180s >/dev/null && watched '.entry.operation.kind == "UPDATE"'
}
eventually 120 'the watch sees operations' hello

expect_exit 0 baton nsr stop dummy dummy-client --wait --timeout 180s -o name
op=$(baton op list dummy kind=stop_vnf -o name)
eventually 120 'its beginning' watched ".entry.operation.id == \"$op\" and .entry.operation.state == \"PROCESSING\""
eventually 120 'its step went out' watched ".entry.operation.id == \"$op\" and .entry.operation.step.state == \"SENT\" and .entry.vnfr == \"dummy-client\""
eventually 120 'its step is done' watched ".entry.operation.id == \"$op\" and .entry.operation.step.state == \"DONE\""
eventually 120 'its end' watched ".entry.operation.id == \"$op\" and .entry.operation.state == \"COMPLETED\""
kill "$watch"
wait "$watch" || true

messages() # what is in the queue, and stays there
{
    broker_call POST "/api/queues/$(suite_vhost_in_url)/$queue/get" \
        '{"count":500,"ackmode":"ack_requeue_true","encoding":"auto"}' | jq '[.[].payload | fromjson]'
}
told() # FILTER N: so many messages are so
{
    [[ $(messages | jq --arg op "$op" "[.[] | select(.action == \"OPERATION\" and .payload.id == \$op and $1)] | length") == "$2" ]]
}
# Three subscriptions, one of them to what begins so: each is told of the beginning (with the plan) and of the end, once.
eventually 120 'the beginning' told '.payload.state == "PROCESSING" and .payload.steps[0].state == "SENT" and .payload.askedBy == "admin"' 3
eventually 120 'the end' told '.payload.state == "COMPLETED" and .payload.steps[0].state == "DONE"' 3
expect 'nothing else' told true 6

expect_exit 0 baton nsr history dummy
expect_said "STOP_VNF $op of admin: step 1 of 1, STOP, is sent"
expect_said "STOP_VNF $op of admin: COMPLETED"

counted() # SERIES N
{
    nfvo_get /metrics | grep -Fx -- "$1 $2" >/dev/null
}
eventually 120 'it is counted' counted 'baton_operations_ended_total{kind="STOP_VNF",outcome="COMPLETED"}' 1
expect 'and how long it took' counted 'baton_operation_seconds_count{kind="STOP_VNF"}' 1
expect 'none is open' counted 'baton_operations_open{state="FAILED_TEMP"}' 0

# The release is told, too: the queue stays until that is over, or what goes nowhere is tried for two minutes; and no longer, as its messages
# would be what is left.
released() # three subscriptions: the end of the release, once each
{
    [[ $(messages | jq '[.[] | select(.action == "OPERATION" and .payload.kind == "RELEASE" and .payload.state == "COMPLETED")] | length') == 3 ]]
}
expect 'the service is deleted' baton nsr delete "$nsr" --wait --timeout 180s
eventually 120 'the end of the release is told' released
broker_call DELETE "/api/queues/$(suite_vhost_in_url)/$queue" >/dev/null
delete_and_leave_nothing
