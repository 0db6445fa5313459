#!/usr/bin/env bash
# A VNF package from a folder to the VNFM: created, validated, uploaded, deployed; its scripts arrive as they were written.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
package=$suite/web

expect_exit 0 baton package create web --dir "$package"
expect_exit 2 baton package create web --dir "$package"
expect_said 'File exists'
expect_exit 0 baton package validate "$package"
expect_said '0 errors, 0 warnings'
sed -i 's/"generic"/"dummy"/' "$package/vnfd.json"
sed -i 's/- local/- test/' "$package/Metadata.yaml"
printf '#!/bin/sh\n\377\200\001\n' >"$package/scripts/install.sh" # bytes that are not text

sed -i 's/"install.sh"/"instal.sh"/' "$package/vnfd.json"
expect_exit 1 baton package upload "$package"
expect_said "vnfd.json:8: error: lifecycle_event[0].lifecycle_events[0]: the script 'instal.sh' is not in the package"
sed -i 's/"instal.sh"/"install.sh"/' "$package/vnfd.json"

expect_exit 0 baton package upload "$package"
expect_said 'NSDs refer to it as example/web/1.0'
expect_exit 1 baton package upload "$package"
expect_said 'VNF package already exists.'
expect_exit 0 baton package show web
expect_said 'install.sh'
expect_exit 0 baton script show web install.sh
expect 'a script comes back as it was' cmp "$package/scripts/install.sh" <(baton script show web install.sh)
echo 'echo another' >"$suite/another"
expect_exit 0 baton script put web stop.sh "$suite/another"
expect 'a script is replaced' cmp "$suite/another" <(baton script show web stop.sh)

cat >"$suite/nsd.json" <<'NSD'
{"name": "web", "vendor": "example", "version": "1.0", "vld": [{"name": "private"}], "vnfd": [{"id": "example/web/1.0"}]}
NSD
expect_exit 0 baton nsd create "$suite/nsd.json"
expect_exit 1 baton package delete web
expect_said 'if the NSD is still onboarded'

# The VNFM is held, so that what it is sent can be read; killed, it gives the message back.
process_signal STOP "$(suite_identity vnfm-dummy)"
expect_exit 0 baton nsr create web
nsr=$(baton nsr list -o name)
queue=/api/queues/$(suite_room vnfm-dummy)/dummy
# Its command is there, and what was in the outbox with it is not: an outbox is empty also before anything is asked.
has_message()
{
    [[ $(suite_sql "select count(*) from command where agg = '$nsr'") -ge 1 && $(suite_sql 'select count(*) from outbox') == 0 ]]
}
eventually 120 'INSTANTIATE is sent' has_message
suite_stop vnfm-dummy KILL
instantiate()
{
    broker_call POST "$queue/get" '{"count":1,"ackmode":"ack_requeue_true","encoding":"auto"}' >"$suite/message" &&
        jq -er '.[0].payload' "$suite/message" >"$suite/instantiate"
}
eventually 120 'INSTANTIATE is in the queue again' instantiate
# script NAME: its bytes out of the signed numbers of the message.
script()
{
    local number
    for number in $(jq -r --arg name "$1" '.vnfPackage.scripts[] | select(.name == $name) | .payload[]' "$suite/instantiate"); do
        # shellcheck disable=SC2059
        printf "\\x$(printf %x $((number & 255)))"
    done
}
expect 'the package is in the message' jq -e '.action == "INSTANTIATE" and .vnfPackage.name == "web" and
    (.vnfPackage.id == .vnfd.vnfPackageLocation) and (.vnfPackage | has("scriptsLink") | not)' "$suite/instantiate" >/dev/null
expect 'a script arrives as it was written' cmp "$package/scripts/install.sh" <(script install.sh)
expect 'the replaced script arrives' cmp "$suite/another" <(script stop.sh)

suite_start_vnfm
eventually 120 'the service is ACTIVE' nsr_is "$nsr" ACTIVE
delete_and_leave_nothing "$nsr"
expect_exit 0 baton nsd delete web
expect_exit 0 baton package delete web
expect_exit 3 baton package show web
expect 'no script is left' test "$(suite_sql 'select count(*) from vnf_package_script')" == 0
expect 'the VNFD went with it' test "$(suite_sql "select count(*) from vnfd where name = 'web'")" == 0
