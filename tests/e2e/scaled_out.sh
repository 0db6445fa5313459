#!/usr/bin/env bash
# An instance more: its agent runs its scripts, its targets learn of it. One whose script fails is looked at, retried, rolled back or given up.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
script web install.sh <<SH
[[ ! -e "$suite/broken" ]] || { echo 'no space on the disk' >&2; exit 3; }
SH
script client web_connect.sh <<SH
echo "\$web_hostname \$web_private" >>"$suite/told"
SH
package web --max 4 INSTANTIATE:first.sh INSTANTIATE:install.sh START:start.sh
package client --requires web:private --requires web:hostname CONFIGURE:web_connect.sh START:start.sh
start_scripted
onboard service web client web,client,private,hostname
baton nsr create service --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)

of_web() { baton nsr show service -o json | jq -r ".vnfr[] | select(.name == \"web\") | .vdu[0].vnfc_instance[] | $1"; }
states() { of_web .state | sort | xargs; }
expect 'the client was told of the first one' test "$(wc -l <"$suite/told")" == 1

# A plan does nothing.
expect_exit 0 baton nsr scale-out service web --plan
expect_said 'SCALE_OUT'
expect_said 'MODIFY'
expect 'nothing was done' test "$(states)" == ACTIVE

expect_exit 0 baton nsr scale-out service web --wait --timeout 180s
expect_said 'SCALE_OUT of service web is COMPLETED'
expect 'there are two' test "$(states)" == 'ACTIVE ACTIVE'
expect 'both were installed' test "$(runs web install.sh)" == 2
expect 'both were started' test "$(runs web start.sh)" == 2
new=$(of_web .hostname | tail -1)
expect 'the client was told of the new one only' test "$(wc -l <"$suite/told")" == 2
[[ $(tail -1 "$suite/told") == "$new "* ]] || fail "the client was told '$(tail -1 "$suite/told")'"
expect 'the client was started again' test "$(runs client start.sh)" == 2
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
expect 'its task is told' test "$(baton nsr show service -o json | jq -r .task)" == 'Scaled out'

# One that stands by is installed, not started, and nobody is told.
expect_exit 0 baton nsr scale-out service web --standby --wait --timeout 180s
expect 'one stands by' test "$(states)" == 'ACTIVE ACTIVE STANDBY'
expect 'it was installed' test "$(runs web install.sh)" == 3
expect 'it was not started' test "$(runs web start.sh)" == 2
expect 'the client was not told' test "$(wc -l <"$suite/told")" == 2

# At most four.
expect_exit 1 baton nsr scale-out service web --number 2
expect_said 'reached their maximum number'
expect_said 'has 3 instances of at most 4, and 2 more were asked for: ask for 1 at most'

# A script fails: it is kept, the service runs on; mended, it goes on where it failed.
touch "$suite/broken"
expect_exit 1 baton nsr scale-out service web --wait --timeout 180s
expect_said 'is FAILED_TEMP'
expect_said 'no space on the disk'
op=$(baton op list service kind=scale_out state=open -o name)
expect_said "baton op retry $op"
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
expect_exit 1 baton nsr stop service web
expect_said 'Busy'
rm "$suite/broken"
expect_exit 0 baton op retry "$op" --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'the first script did not run again' test "$(runs web first.sh)" == 4
expect 'the failed one did' test "$(runs web install.sh)" == 5
expect 'it was started' test "$(runs web start.sh)" == 3
expect 'the client was told' test "$(wc -l <"$suite/told")" == 3
expect 'there are four' test "$(states)" == 'ACTIVE ACTIVE ACTIVE STANDBY'

# Rolled back: it leaves no trace.
expect_exit 0 baton nsr scale-in service "$new" --wait --timeout 180s
touch "$suite/broken"
expect_exit 1 baton nsr scale-out service web --wait --timeout 180s
before=$(states)
op=$(baton op list service kind=scale_out state=open -o name)
expect_exit 0 baton op rollback "$op" --wait --timeout 180s
expect_said 'ROLLED_BACK'
expect 'three are left' test "$(states)" == 'ACTIVE ACTIVE STANDBY'
expect 'there was one more' test "$before" != "$(states)"
expect 'no component is left' test "$(baton nsr show service -o json |
    jq '.vnfr[] | select(.name == "web") | .vdu[0].vnfc | length')" == 3
expect_exit 0 baton nsr history service
[[ $said != *'not as it was'* ]] || fail "the rollback left something: $said"

# By itself, when it was asked for so.
expect_exit 1 baton nsr scale-out service web --on-failure rollback --wait --timeout 180s
expect_said 'ROLLED_BACK'
expect 'three are left' test "$(states)" == 'ACTIVE ACTIVE STANDBY'

# Given up: the server stays, and shows that it does not work; it goes first.
expect_exit 1 baton nsr scale-out service web --wait --timeout 180s
expect_exit 0 baton op fail "$(baton op list service kind=scale_out state=open -o name)"
expect 'one has failed' test "$(states)" == 'ACTIVE ACTIVE FAILED STANDBY'
expect_exit 0 baton nsr scale-in service web --wait --timeout 180s
expect 'it went' test "$(states)" == 'ACTIVE ACTIVE STANDBY'
delete_and_leave_nothing "$nsr"
