#!/usr/bin/env bash
# A deployment is an operation like others: it fails and is tried again; another one is cancelled, and rolled back.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

script web up.sh <<SH
[[ -e $suite/mended ]] || { echo 'no disk' >&2; exit 7; }
SH
package web INSTANTIATE:first.sh START:up.sh
script slow wait.sh <<SH
until [[ -e $suite/go ]]; do sleep 0.05; done
SH
package slow INSTANTIATE:wait.sh START:start.sh
onboard service web
onboard later slow

is_state()
{
    [[ $(baton op show "$op" -o json | jq -r .state) == "$1" ]]
}

# It fails at START; when the cause is mended, the same operation goes on there.
deploy service ERROR
op=$(baton op list "$nsr" kind=deploy -o name)
expect_exit 0 baton explain "$nsr"
expect_said "baton op retry $op"
touch "$suite/mended"
expect_exit 0 baton op retry "$op" --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'it is ACTIVE' nsr_is "$nsr" ACTIVE
expect 'what had run did not run again' test "$(runs web first.sh) $(runs web up.sh)" == '1 2'
delete_and_leave_nothing "$nsr"

# While a script runs, it is cancelled: that one ends, nothing else begins. Then it is undone, and outlives its service.
expect_exit 0 baton nsr create later
nsr=$(baton nsr list -o name)
op=$(baton op list "$nsr" kind=deploy -o name)
eventually 120 'its script runs' ran slow wait.sh 1
expect_exit 0 baton op cancel "$op"
expect_exit 0 baton op show "$op"
expect_said "baton op cancel $op --forceful"
touch "$suite/go"
eventually 60 'it waits for a person' is_state FAILED_TEMP
expect 'nothing more began' test "$(runs slow start.sh)" == 0
expect_exit 1 baton op cancel "$op"
expect_said "baton op rollback $op"
expect_exit 0 baton op rollback "$op" --wait --timeout 180s
expect_said 'is ROLLED_BACK'
expect 'no service is left' test -z "$(baton nsr list -o name)"
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
expect 'it is kept' is_state ROLLED_BACK
