#!/usr/bin/env bash
# Registration is closed, as it is by default: who was not enrolled is refused, nfvo says who and what to do; done, it serves. In a room,
# an account serves what it was enrolled for and nothing else. A new password needs no restart, and no other process has it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open --own-servers # the well-known account is of a name that all suites share
suite_enrol vnfm-dummy vnfm dummy
expect 'a peer that starts before nfvo has where to register' \
    broker_call GET "/api/queues/$(suite_room vnfm-dummy)/nfvo.manager.handling" >/dev/null
suite_start_nfvo --manager-check-interval 300ms
suite_start_driver

status_says()
{
    baton status 2>/dev/null | grep -F -- "$1" >/dev/null
}

log_says()
{
    grep -F -- "$1" "$suite/log/$2.log" >/dev/null
}

# refused_as NAME PROGRAM OPTION...: a VNFM that must not get ready.
refused_as()
{
    ! suite_ready_s=2 suite_start "$@" 2>/dev/null || fail "$1 is ready"
}

# 1. The well-known account, as anybody knows it.
printf 'broker-host = %s\nbroker-port = %s\n' "$OB_TEST_BROKER_HOST" "$OB_TEST_BROKER_PORT" >"$suite/stranger.conf"
expect 'there is no well-known account' eval '! broker_call GET /api/users/openbaton-manager-user'
refused_as stranger vnfm-dummy --config "$suite/stranger.conf"
eventually 120 'status tells the refused login' status_says "account 'openbaton-manager-user'"
eventually 120 'and the command that helps' status_says 'baton manager enrol NAME --type TYPE'
suite_stop stranger

# 2. As it says: enrolled, the same program serves.
suite_start_vnfm
suite_wait_for_peers
fill_catalogue
expect_exit 0 baton nsr create dummy --wait --timeout 180s

# 3. Another type in that room: the account was enrolled for one.
refused_as impostor vnfm-dummy --config "$suite/vnfm-dummy.conf" --type generic
eventually 120 'it is told why not' log_says "was enrolled for type 'dummy', not for 'generic'" impostor
eventually 120 'so does status' status_says "was enrolled for type 'dummy', not for 'generic'"
suite_stop impostor
expect 'generic is not registered' eval '! suite_has_vnfm generic'

# 4. Another password: who is connected goes on, who connects has read it from the file.
was=$(cat "$suite/vnfm-dummy.password")
expect_exit 0 "$suite_bin/nfvo" --config "$suite/nfvo.conf" --enrol vnfm-dummy --type dummy --rotate --password-file "$suite/vnfm-dummy.password"
expect 'it is another one' test "$(cat "$suite/vnfm-dummy.password")" != "$was"
expect 'nobody else reads it' test "$(stat -c %a "$suite/vnfm-dummy.password")" = 600
expect_exit 0 baton nsr create dummy --wait --timeout 180s
servers restart broker
expect 'it is back' suite_wait_for_peers
expect_exit 0 baton nsr create dummy --wait --timeout 180s
mapfile -t all < <(baton nsr list -o name)
for nsr in "${all[@]}"; do
    expect "nsr $nsr is deleted" baton nsr delete "$nsr" --wait --timeout 180s
done
# What the impostor asked for is kept as dead letters, as often as it asked.
only_dead_letters_are_left()
{
    broker_call DELETE "/api/queues/$(suite_room vnfm-dummy)/nfvo.dead-letters/contents" >/dev/null
    suite_is_clean
}
wait_until 180 only_dead_letters_are_left || fail "this is left: $(suite_leftovers)"
