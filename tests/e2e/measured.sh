#!/usr/bin/env bash
# What /metrics tells of a deployment, and that promtool has nothing against it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null

page() # of nfvo, into $suite/page
{
    nfvo_get /metrics | sed '1,/^$/d' >"$suite/page"
}
shown() # REGEX: a line of the page is so
{
    page && grep -Eqx -- "$1" "$suite/page"
}
# What is counted in the store is as of some seconds ago.
eventually 60 'the service is counted' shown 'baton_services\{phase="ACTIVE"\} 1'
expect 'its VNFs' shown 'baton_vnfrs\{phase="ACTIVE"\} 2'
expect 'its servers' shown 'baton_instances\{phase="UP"\} [0-9]+'
expect 'nothing is late' shown 'baton_commands_overdue\{kind="LAUNCH"\} 0'
expect 'the outbox' shown 'baton_outbox_messages [0-9]+'
expect 'phases' shown 'baton_vnfr_phase_duration_seconds_count\{phase="ALLOCATING"\} 2'
expect 'steps' shown 'baton_step_duration_seconds_count\{step="START"\} 2'
expect 'the operation' shown 'baton_operation_seconds_count\{kind="DEPLOY"\} 1'
expect 'answers of the VNFM' shown 'baton_vnfm_answer_duration_seconds_count\{vnfm="dummy",action="START"\} 2'
expect 'answers of the driver' shown 'baton_driver_answer_duration_seconds_count\{driver="test",call="launchInstanceAndWait"\} [1-9]'
expect 'by PoP' shown 'baton_pop_answer_duration_seconds_count\{driver="test",pop="demo"\} [1-9][0-9]*'
expect 'requests' shown 'baton_http_requests_total\{route="POST /oauth/token",code="200"\} [1-9][0-9]*'
expect 'connections to the database' shown 'baton_database_connections [1-9][0-9]*'

# Its page is one that Prometheus reads, and names are as they should be.
if command -v promtool >/dev/null; then
    promtool check metrics <"$suite/page" >"$suite/lint" 2>&1 || fail "promtool: $(cat "$suite/lint")"
    [[ ! -s $suite/lint ]] || fail "promtool: $(cat "$suite/lint")"
else
    echo 'NOT RUN: promtool check metrics (apt-get install prometheus)' >&2
fi
delete_and_leave_nothing "$(baton nsr list -o name)"
