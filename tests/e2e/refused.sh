#!/usr/bin/env bash
# What the broker refuses to others, and its alarms, are told: in status, explain, the log and the metrics.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open --own-servers # an alarm is everybody's
suite_start_nfvo --manager-check-interval 300ms

status_says()
{
    baton status 2>/dev/null | grep -F -- "$1" >/dev/null
}

explain_says()
{
    baton explain "$1" 2>/dev/null | grep -F -- "$2" >/dev/null
}

log_says()
{
    grep -F -- "$1" "$suite/log/nfvo.log" >/dev/null
}

metric_is()
{
    nfvo_get /metrics | grep -Ex -- "$1 $2" >/dev/null
}

readyz_is()
{
    [[ $(nfvo_get /readyz) == HTTP/1.?" $1 "*"${2-}"* ]]
}

# A VNFM and a driver with another password than that of their account.
eventually 120 'the log of the broker is read' metric_is baton_broker_log_read 1
suite_enrol vnfm-dummy vnfm dummy
suite_enrol vim-driver-test driver test
for peer in vnfm-dummy vim-driver-test; do # they never get ready, and say nothing to nfvo
    ! suite_ready_s=1 suite_start $peer $peer --config "$suite/$peer.conf" --broker-password wrong 2>/dev/null ||
        fail "$peer is ready with a wrong password"
done
eventually 120 'status tells the refused login' \
    status_says "account 'vnfm-dummy' (VNFM dummy): its login was refused"
eventually 120 'what to do about it' status_says "baton manager rotate vnfm-dummy"
eventually 120 'the log tells it' log_says 'ev=broker_refused account=vnfm-dummy'
eventually 120 'so do the metrics' metric_is 'baton_broker_refusals_total.kind="login".' '[1-9][0-9]*'
suite_stop vnfm-dummy
suite_stop vim-driver-test

# With the right one they are there; what they hold now is taken from them.
suite_start_driver
suite_start_vnfm
suite_wait_for_peers
fill_catalogue
broker_call PUT "/api/permissions/$(suite_room vnfm-dummy)/vnfm-dummy" '{"configure":"^$","write":"^$","read":".*"}'
expect_exit 0 baton nsr create dummy
nsr=$(baton nsr list -o name)
eventually 120 'explain of the VNFM tells what it was refused' explain_says vnfm/dummy "was refused write"
eventually 120 'explain of the service does, too' explain_says "$nsr" "account 'vnfm-dummy' (VNFM dummy) was refused write on exchange"
eventually 120 'and what to do' explain_says "$nsr" "baton manager rotate vnfm-dummy"
eventually 120 'and status' status_says "account 'vnfm-dummy' (VNFM dummy) was refused write on exchange"
expect_exit 0 "$suite_bin/nfvo" --config "$suite/nfvo.conf" --enrol vnfm-dummy --type dummy --rotate --password-file "$suite/vnfm-dummy.password"
suite_stop vnfm-dummy
suite_start_vnfm
delete_and_leave_nothing "$nsr"

# The broker in alarm takes no messages.
eventually 120 'it is ready before' readyz_is 200
servers ctl set_vm_memory_high_watermark absolute 20MB
eventually 120 'readyz names the alarm' readyz_is 503 "memory alarm of broker node 'baton@localhost'"
expect_exit 1 baton status
expect_said 'NOT READY'
expect_said "memory alarm of broker node 'baton@localhost'"
expect_said 'vm_memory_high_watermark'
eventually 120 'a metric of its kind' metric_is 'baton_broker_alarms.kind="memory".' 1
servers ctl set_vm_memory_high_watermark 0.6
eventually 120 'it is ready again' readyz_is 200
servers ctl set_disk_free_limit 100000GB
eventually 120 'readyz names the other alarm' readyz_is 503 "disk alarm of broker node 'baton@localhost'"
servers ctl set_disk_free_limit 50MB
eventually 120 'it is ready again' readyz_is 200
