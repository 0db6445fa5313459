#!/usr/bin/env bash
# A server ends behind Baton's back: an alarm, history, status; by its policy it is made anew, with its scripts and values, by an ordinary
# operation whose author is the reconciler; the alarm is cleared. Then another one vanishes from its cloud altogether.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
printf '%s\n' 'manager-check-interval = 500ms' 'reconcile-interval = 500ms' 'reconcile-confirm = 100ms' 'heal-settle = 0' 'heal-pause = 1s' >>"$suite/nfvo.conf"
start_scripted
package web --provides port INSTANTIATE:install.sh START:start.sh HEAL:heal.sh
package client --requires web:port INSTANTIATE:install.sh CONFIGURE:web_configure.sh START:start.sh
for vnf in web client; do
    jq '.vdu[0].metadata = {"baton.heal": "instance"}' "$suite/packages/$vnf/vnfd.json" >"$suite/vnfd" && mv "$suite/vnfd" "$suite/packages/$vnf/vnfd.json"
done
onboard service web client web,client,port
deploy service ACTIVE

of() # of VNF FILTER: of the record of its instance
{
    baton nsr show "$nsr" -o json | jq -r --arg v "$1" ".vnfr[] | select(.name == \$v) | .vdu[0].vnfc_instance[0] | $2"
}
alarms() # alarms FILTER...: which they are
{
    baton alarm list "$@" -o json | jq -r '[.[] | "\(.faultType) \(.host)"] | join(",")'
}
alarms_are()
{
    [[ $(alarms "${@:2}") == "$1" ]]
}
healed() # healed N: so many HEALs are completed
{
    [[ $(baton op list service kind=heal -o json | jq '[.[] | select(.state == "COMPLETED" and .askedBy == "reconciler" and .origin == "reconciler")] | length') == "$1" ]]
}
history_has()
{
    baton nsr history "$nsr" -o json | grep -F -- "$1" >/dev/null
}

web=$(of web .hostname) id=$(of web .vc_id)
# All that descends from its first process: as a host that crashes.
for environment in $(grep -lz "^BATON_INSTANCE=$id" /proc/[0-9]*/environ 2>/dev/null); do
    pid=${environment#/proc/} && kill -KILL "${pid%/environ}" 2>/dev/null || true
done
eventually 60 'it is missed' alarms_are "SERVER_STOPPED $web" host="$web"
eventually 120 'it is healed' healed 1
expect 'it is the same server' test "$(of web .vc_id)" == "$id"
expect 'its scripts ran again' test "$(runs web install.sh) $(runs web start.sh) $(runs web heal.sh)" == '2 2 1'
eventually 60 'the alarm is cleared' alarms_are '' state=open
expect 'and kept' test "$(alarms state=cleared)" == "SERVER_STOPPED $web"
expect 'the history says it' history_has 'the PoP lists it as not running: status ERROR'
expect 'and who healed it' history_has '"askedBy":"reconciler"'

client=$(of client .hostname) id=$(of client .vc_id)
suite_stop vim-driver-local
rm "$(find "$suite" -path "*/servers/$id.json")"
suite_start_local_driver
eventually 60 'another one is missed' alarms_are "SERVER_GONE $client" host="$client"
eventually 120 'it is healed, too' healed 2
expect 'it is another server of the same name' test "$(of client .vc_id)" != "$id"
expect 'it knows what it depends on' test "$(runs client web_configure.sh)" == 2
eventually 60 'nothing is wrong any more' alarms_are '' state=open
expect_exit 0 baton pop reconcile local
expect_said '0 differ, 0 orphans'
delete_and_leave_nothing "$nsr"
