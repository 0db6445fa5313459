#!/usr/bin/env bash
# Services with scripts and agents that are deleted in every moment of their deployment: nothing of them stays. No agent's queue, no
# login, no row of the VNFM's that waits for somebody, no run without an end.
# Runs alone: it deletes after shares of the time that a deployment took before.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

services=${QUICK_SERVICES:-40} at_once=${QUICK_AT_ONCE:-6}

package server --provides PORT INSTANTIATE:install.sh START:start.sh TERMINATE:stop.sh
package client --requires server:PORT INSTANTIATE:install.sh CONFIGURE:configure.sh START:start.sh
onboard quick server client server,client,PORT

# How long one takes when it is left alone, in milliseconds.
began=$(date +%s%3N)
deploy quick ACTIVE
whole=$(($(date +%s%3N) - began))
agent_queues()
{
    broker_call GET "/api/queues/$suite_agents_vhost" | jq -c 'map(select(.name | test("^vnfm\\..*\\.actions$")) | .arguments."x-expires" // 0)'
}
expect 'a queue of an agent that ends before it consumes goes by itself' test "$(agent_queues)" == '[30000,30000]'
delete_and_leave_nothing "$nsr"

# live_and_die N: the N-th service is deleted after its share of that time.
live_and_die()
{
    local id
    id=$(baton nsr create quick -o name) || fail "service $1 cannot be created"
    read -rt "$(printf '%d.%03d' $((whole * $1 / services / 1000)) $((whole * $1 / services % 1000)))" <>"$suite/never" || true
    baton nsr delete "$id" --wait --timeout 180s >/dev/null || fail "service $1 cannot be deleted"
}
mkfifo "$suite/never"
pids=()
for ((i = 0; i < services; i++)); do
    live_and_die "$i" &
    pids+=("$!")
    ((${#pids[@]} < at_once)) && continue
    wait "${pids[0]}" || fail 'a service could not be created or deleted'
    pids=("${pids[@]:1}")
done
for pid in "${pids[@]}"; do
    wait "$pid" || fail 'a service could not be created or deleted'
done

wait_until 180 suite_is_clean || {
    suite_sql "select a.hostname, a.vnfr_id, a.hello_n, v.released_at, v.name from ${suite_schema}_vnfm.agent a left join ${suite_schema}_vnfm.vnfr v on v.id = a.vnfr_id" >&2
    suite_sql "select id, vnfr_id, action, started_at, cancelled_at from ${suite_schema}_vnfm.run where ended_at is null" >&2
    fail "this is left of $services services: $(suite_leftovers)"
}
