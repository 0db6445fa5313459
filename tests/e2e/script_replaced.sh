#!/usr/bin/env bash
# A script of a package is replaced while two services run with it: their hosts get it, and so do those that are deployed later. One host cannot take
# it: explained, mended, tried again; and rolled back.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
package web --instances 2 INSTANTIATE:install.sh START:start.sh STOP:stop.sh
start_scripted
onboard service web
onboard other web
deploy service ACTIVE
service=$nsr
deploy other ACTIVE
web=$(baton package list -o name)

replaced() # replaced WORD: start.sh as it says WORD, in $suite/start.sh
{
    printf '#!/bin/bash\necho "$hostname %s" >>%q\n' "$1" "$suite/runs" >"$suite/start.sh"
}
start_all_of() # start_all_of NSR: stopped, and started
{
    expect_exit 0 baton nsr stop "$1" web --wait --timeout 180s
    expect_exit 0 baton nsr start "$1" web --wait --timeout 180s
}

# A plan changes nothing.
replaced second
expect_exit 0 baton script put "$web" start.sh "$suite/start.sh" --plan
expect_said 'A plan: nothing is done'
expect_said 'UPDATE_SCRIPT'
expect 'there is no operation' test "$(baton op list service kind=update_script -o name)" == ''
expect 'the package has the old one' grep -q 'start.sh' <<<"$(baton script show "$web" start.sh)"

# Both services get it; nothing is run by that.
expect_exit 0 baton script put "$web" start.sh "$suite/start.sh" --wait --timeout 180s
expect_said 'UPDATE_SCRIPT of service is COMPLETED'
expect_said 'UPDATE_SCRIPT of other is COMPLETED'
expect 'nothing ran' test "$(runs web second)" == 0
start_all_of service
expect 'the new one ran at both hosts' test "$(runs web second)" == 2
expect 'the old one did not' test "$(runs web start.sh)" == 4
expect_exit 0 baton op list service kind=update_script
expect_said 'COMPLETED'

# One host cannot write it: a folder is in its place.
host=$(baton nsr show "$service" -o json | jq -r '.vnfr[0].vdu[0].vnfc_instance[0].hostname')
metadata=$(find "$suite" -path '*/root/etc/baton/metadata.json' -exec grep -l "\"$host\"" {} +)
file=${metadata%/etc/baton/metadata.json}/opt/openbaton/scripts/start.sh
expect 'the script is on the host' test -f "$file"
rm "$file" && mkdir -p "$file/in-the-way"
replaced third
expect_exit 1 baton script put "$web" start.sh "$suite/start.sh" --wait --timeout 180s
expect_said 'UPDATE_SCRIPT of service is FAILED_TEMP'
expect_said 'UPDATE_SCRIPT of other is COMPLETED'
op=$(baton op list service state=open -o name)
expect_exit 0 baton op show "$op"
expect_said "$host"
expect_said "baton op retry $op"
expect 'the service runs on' nsr_is "$service" ACTIVE

# Mended, and tried again.
rm -r "$file"
expect_exit 0 baton op retry "$op" --wait --timeout 180s
expect_said 'is COMPLETED'
start_all_of service
expect 'the third ran at both hosts' test "$(runs web third)" == 2

# Rolled back, the hosts have the one before.
rm "$file" && mkdir -p "$file/in-the-way"
replaced fourth
expect_exit 1 baton script put "$web" start.sh "$suite/start.sh" --wait --timeout 180s
op=$(baton op list service state=open -o name)
rm -r "$file"
expect_exit 0 baton op rollback "$op" --wait --timeout 180s
expect_said 'is ROLLED_BACK'
start_all_of service
expect 'the third ran again at both' test "$(runs web third)" == 4
expect 'the fourth ran nowhere' test "$(runs web fourth)" == 0

# What is deployed now has the package's.
expect_exit 0 baton nsr delete other --wait --timeout 180s
deploy other ACTIVE
expect 'the fourth ran there' test "$(runs web fourth)" == 2
delete_and_leave_nothing "$service" "$nsr"
