#!/usr/bin/env bash
# An instance that stands by takes over: it is started, the targets learn of it, what failed leaves what they know. The nfvo is killed
# with kill -9 while the one is started, and while another one's target is told that it goes.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
# slow NAME: a script that stands still until $suite/NAME.go is there, three minutes at most.
slow() { echo "for ((i = 0; i < 1800; i++)); do [[ ! -e '$suite/$1.go' ]] || exit 0; sleep 0.1; done; exit 9"; }
script web start.sh <<<"$(slow start)"
script client web_connect.sh <<SH
echo "\$web_hostname" >>"$suite/told"
SH
script client web_gone.sh <<<"echo \"\$removing_hostname\" >>'$suite/gone'; $(slow gone)"
package web --max 3 INSTANTIATE:install.sh START:start.sh
package client --requires web:private --requires web:hostname CONFIGURE:web_connect.sh START:start.sh SCALE_IN:web_gone.sh
start_scripted
onboard service web client web,client,private,hostname
touch "$suite/start.go"
baton nsr create service --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)

of_web() { baton nsr show service -o json | jq -r ".vnfr[] | select(.name == \"web\") | .vdu[0].vnfc_instance[] | $1"; }
states() { of_web '"\(.hostname)=\(.state)"' | sort | xargs; }
known() { baton nsr show service -o json | jq -r '.vnf_dependency[0].vnfcParameters.web.parameters | map(.parameters.hostname) | sort | join(" ")'; }
is_in() { [[ $(baton op list service "kind=$1" -o json | jq -r '.[0].state') == "$2" ]]; }
first=$(of_web .hostname)
expect_exit 3 baton nsr switch service "$first"
expect_said 'No VNFCInstance in standby mode found'
expect_exit 0 baton nsr scale-out service web --standby --wait --timeout 180s
standby=$(of_web 'select(.state == "STANDBY") | .hostname')
expect 'the client does not know it' test "$(known)" == "$first"
expect 'it was not started' test "$(runs web start.sh)" == 1

# Killed while the one that stood by is started; its script runs on, once.
rm "$suite/start.go"
expect_exit 0 baton nsr switch service "$first" --plan
expect_said 'MARK_FAILED'
expect_said 'HEAL'
expect_exit 0 baton nsr switch service "$first"
eventually 120 'it is started' ran web start.sh 2
suite_stop nfvo KILL
suite_start_nfvo
expect 'what failed is marked' test "$(of_web 'select(.state == "FAILED") | .hostname')" == "$first"
touch "$suite/start.go"
eventually 120 'the switch is done' is_in switch COMPLETED
expect 'the other one works' test "$(states)" == "$(printf '%s\n' "$first=FAILED" "$standby=ACTIVE" | sort | xargs)"
expect 'it was started once' test "$(runs web start.sh)" == 2
[[ $(known) == "$standby" ]] || fail "the client knows $(known), not $standby only: $(baton op show "$(baton op list service kind=switch -o name)") $(baton nsr show service -o json | jq -c ".vnf_dependency")"
expect 'the client was told of it' test "$(tail -1 "$suite/told")" == "$standby"
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
expect 'its task is told' test "$(baton nsr show service -o json | jq -r .task)" == Healed

# What failed goes first, of itself; the client does not know it, so it is not told.
expect_exit 0 baton nsr scale-in service web --wait --timeout 180s
expect 'it is gone' test "$(states)" == "$standby=ACTIVE"
expect 'the client was not told' test ! -e "$suite/gone"
expect 'its task is told' test "$(baton nsr show service -o json | jq -r .task)" == 'Scaled in'

# Killed while the client is told that one goes.
expect_exit 0 baton nsr scale-out service web --wait --timeout 180s
expect_exit 0 baton nsr scale-in service "$standby"
eventually 120 'the client is told' ran client web_gone.sh 1
suite_stop nfvo KILL
suite_start_nfvo
touch "$suite/gone.go"
eventually 120 'it is gone' is_in scale_in COMPLETED
expect 'the client was told once' test "$(cat "$suite/gone")" == "$standby"
expect 'one is left' test "$(states | wc -w)" == 1
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
delete_and_leave_nothing "$nsr"
