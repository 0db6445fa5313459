#!/usr/bin/env bash
# What is done to a service that is ACTIVE: each kind of operation that is built, with a real VNFM. A kind that is not is refused.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all

expect_exit 0 baton nsr create dummy --wait --timeout 180s
nsr=$(baton nsr list -o name)
vnf=$(baton nsr show "$nsr" -o json | jq -r '.vnfr[0].name')
host=$(baton nsr show "$nsr" -o json | jq -r '.vnfr[0].vdu[0].vnfc_instance[0].hostname')
none_open()
{
    [[ $(baton op list dummy state=open -o json | jq length) == 0 ]]
}

expect_exit 0 baton nsr stop dummy "$vnf"
eventually 120 'INACTIVE' nsr_is "$nsr" INACTIVE
eventually 120 'no operation is open' none_open
expect_exit 0 baton nsr start dummy "$vnf"
eventually 120 'ACTIVE' nsr_is "$nsr" ACTIVE
eventually 120 'no operation is open' none_open
echo 'true' >"$suite/script"
expect_exit 0 baton nsr execute dummy "$vnf" "$suite/script"
eventually 120 'no operation is open' none_open
expect_exit 0 baton nsr heal dummy "$host"
eventually 120 'no operation is open' none_open
expect_exit 0 baton nsr update dummy "$vnf"
eventually 120 'no operation is open' none_open
expect_exit 0 baton op list dummy
expect_said 'STOP_VNF'
expect_said 'COMPLETED'
expect_exit 0 baton nsr restart dummy "$vnf"
eventually 120 'no operation is open' none_open
expect 'it runs again' nsr_is "$nsr" ACTIVE

delete_and_leave_nothing "$nsr"
