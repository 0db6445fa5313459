#!/usr/bin/env bash
# An operation that failed is told wherever somebody looks: what it is, who asked, why it stopped, and what is possible, as it is typed.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)
vnfr=$(baton nsr show dummy -o json | jq -r '.vnfr[] | select(.name == "dummy-client") | .id')

expect_exit 0 baton status
[[ $said != *FAILED_TEMP* ]] || fail "nothing has failed yet: $said"

# The VNFM is gone: what is asked of it waits.
suite_stop vnfm-dummy
expect_exit 0 baton nsr stop dummy dummy-client
op=$(baton op list dummy kind=stop_vnf -o name)
told() # COMMAND...: it names the operation, who asked for it, and what it waits for
{
    expect_exit 0 "$@"
    expect_said "STOP_VNF of dummy-client ($op), asked by admin at "
    expect_said 'PROCESSING: step 1 of 1, STOP of dummy-client, waits for the vnfm since '
    expect_said "baton op wait $op"
    expect_said "baton op cancel $op"
}
told baton explain dummy
told baton explain "$vnfr"
told baton nsr show dummy
expect_exit 0 baton status
expect_said "$op"

# One in its way says how to wait for it: to a user of the command, and to one of the API.
expect_exit 1 baton nsr start dummy dummy-client
expect_said "baton op wait $op"
expect_said '--queued'
expect_exit 0 baton nsr start dummy dummy-client --queued
queued=$(baton op list dummy state=starting -o name)
expect_exit 0 baton explain dummy
expect_said 'STARTING: waits for operations before it, until '

expect_exit 0 baton op cancel "$queued"
expect_exit 0 baton op cancel "$op" --forceful
waits_for_a_person()
{
    [[ $(baton op list dummy state=failed_temp -o name) == "$op" ]]
}
eventually 120 'it waits for a person' waits_for_a_person
undecided() # COMMAND...
{
    expect_exit 0 "$@"
    expect_said "($op), asked by admin at "
    expect_said "baton op rollback $op"
    expect_said "baton op fail $op"
}
undecided baton explain dummy
expect_said 'an operation failed and waits for you:'
undecided baton nsr show dummy
undecided baton status
expect_said "nsr 'dummy': STOP_VNF of dummy-client"
expect 'scripts read it, too' test "$(baton status -o json | jq -r '.openOperations[0].next | length')" -gt 1
expect_exit 0 baton op fail "$op"
expect_exit 0 baton status
[[ $said != *"$op"* ]] || fail "it has ended: $said"
expect_exit 0 baton nsr show dummy
[[ $said != *"$op"* ]] || fail "it has ended: $said"

suite_start_vnfm
suite_wait_for_peers
delete_and_leave_nothing "$nsr"
