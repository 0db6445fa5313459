#!/usr/bin/env bash
# The agents of instances: each has a login of its own as soon as its server is launched, and none when the server is gone. And the
# instances' logs, also while their VNFM is asked something else.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

agents()
{
    broker_call GET "/api/vhosts/$suite_agents_vhost/permissions" | jq -r '.[].user | select(startswith("ems."))' | sort
}

agents_of()
{
    baton nsr show "$1" -o json | jq -r '.vnfr[].vdu[].vnfc_instance[] | "ems." + .hostname' | sort
}

dumped_passwords()
{
    pg_dump --data-only --schema "$suite_schema" "$OB_TEST_DB" | grep -E 'EmsPassword=[A-Za-z0-9_-]{20}'
}

starting()
{
    baton nsr show "$1" -o json | jq -e '[.vnfr[] | select(.status == "INACTIVE")] | length > 0' >/dev/null
}

scenario_open
start_all --user-data $'#!/bin/sh\nexport #Hostname=\nexport #EmsUser=\nexport #EmsPassword=\n' --silent START#1

expect_exit 0 baton nsr create dummy
nsr=$(baton nsr list -o name)
eventually 120 'a VNF waits for the answer to START' starting "$nsr"
each_has_a_login()
{
    diff <(agents) <(agents_of "$nsr") >/dev/null
}
eventually 120 'each instance has a login' each_has_a_login
expect 'no password is stored' test -z "$(dumped_passwords)"
for user in $(agents); do
    expect_exit 0 baton logs "${user#ems.}"
    expect_said 'vnfm-dummy runs no scripts'
done
delete_and_leave_nothing "$nsr"
expect 'no login is left' test -z "$(agents)"
