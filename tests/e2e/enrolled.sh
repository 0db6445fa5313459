#!/usr/bin/env bash
# A driver that an operator enrolled: it works in its room, its password is rotated under it, and it is refused when its
# account is deleted. No other account is enrolled for its queue.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo --pop-cache 0
account=driver-$(basename "$suite")
room_in_url=${suite_vhost//\//%2F}.$account
[[ $suite_vhost != / ]] || room_in_url=baton.$account

# told FILE: what goes into the driver's configuration.
told()
{
    (umask 077 && { echo "broker-host = $OB_TEST_BROKER_HOST" && echo "broker-port = $OB_TEST_BROKER_PORT" && cat; } >"$1")
}

is_there()
{
    baton manager list -o json | jq -e --arg name "$account" --argjson there "$1" \
        'any(.name == $name and .active == $there and .state == "ready")' >/dev/null
}

baton manager enrol "$account" --kind driver --type test --for c 2>"$suite/said" | told "$suite/enrolled.conf"
expect 'it is said that the password is told once' grep -q 'not told again' "$suite/said"
expect 'its room is there' broker_call GET "/api/vhosts/$room_in_url"
expect_exit 1 baton manager enrol "$account" --kind driver --type test
expect_said 'already'
expect_exit 2 baton manager enrol "$account" --kind driver --type test --for cobol

# With which SDK a VNFM is written is said once, and kept.
expect_exit 1 baton manager enrol greeter --type greeter --sdk cobol
expect_said 'c, java, python or go'
expect_exit 0 baton manager enrol greeter --type greeter --sdk java --for java
sdk_of() # NAME
{
    baton manager list -o json | jq -r --arg name "$1" '.[] | select(.name == $name) | .sdk'
}
expect 'it is listed' test "$(sdk_of greeter)" == java
expect_exit 0 baton manager rotate greeter --for java
expect 'another password leaves it' test "$(sdk_of greeter)" == java
expect_exit 0 baton manager update greeter --sdk python
expect 'it is said anew' test "$(sdk_of greeter)" == python
expect_exit 3 baton manager update nobody --sdk python
expect_exit 0 baton manager list
expect_said 'SDK'
expect_exit 0 baton manager delete greeter

suite_start enrolled vim-driver-test --config "$suite/enrolled.conf" --state-file "$suite/driver.state"
eventually 120 'it is there' is_there true
suite_start_vnfm
fill_catalogue
expect_exit 0 baton nsr create dummy --wait --timeout 180s

# Rotated: the connection goes on, and with it the service.
baton manager rotate "$account" --for c 2>/dev/null | told "$suite/rotated.conf"
expect_exit 0 baton nsr create dummy --wait --timeout 180s
expect 'the password is another one' test "$(grep password "$suite/enrolled.conf")" != "$(grep password "$suite/rotated.conf")"
suite_stop enrolled
suite_start enrolled vim-driver-test --config "$suite/rotated.conf" --state-file "$suite/driver.state"
eventually 120 'it is there again' is_there true

# Another account does not get its queue.
expect_exit 1 suite_enrol vim-driver-test driver test
expect_said "$account"
mapfile -t all < <(baton nsr list -o name)
delete_and_leave_nothing "${all[@]}"

expect_exit 0 baton manager delete "$account"
room_is_gone()
{
    ! broker_call GET "/api/vhosts/$room_in_url" && ! broker_call GET "/api/users/$account"
}
eventually 120 'account and room are gone' room_is_gone
account_is_gone()
{
    local rc=0
    baton manager show "$account" >/dev/null 2>&1 || rc=$?
    [[ $rc == 3 ]]
}
eventually 120 'nfvo has forgotten it' account_is_gone
suite_stop enrolled KILL
