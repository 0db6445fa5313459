#!/usr/bin/env bash
# kill -9 of nfvo after each thing that its peers did in a deployment, then in a deletion: each ends as if nothing had been, and the
# peers did each thing once.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --delay 60ms
suite_start_vnfm --delay 60ms
suite_wait_for_peers
fill_catalogue

# Without what a deployment does not wait for: a PoP's quota is asked for once a minute.
peers_did()
{
    cat "$suite"/{vnfm,driver}.journal 2>/dev/null | grep -vc '"action":"getQuota"' || true
}

# peers_did_more_than N COMMAND...: or the end is there, by COMMAND: how often servers are listed until they are seen to be gone is not the
# same each time.
peers_did_more_than()
{
    (($(peers_did) >= $1)) || "${@:2}"
}

# in_journal FILE JQ-CONDITION: how many lines of this round.
in_journal()
{
    tail -n "+$(($(cat "$suite/$1.seen") + 1))" "$suite/$1.journal" | jq -c "select($2)" | wc -l
}

begin_round()
{
    local j
    for j in vnfm driver; do
        touch "$suite/$j.journal"
        wc -l <"$suite/$j.journal" >"$suite/$j.seen"
    done
}

# Ours are given requests again and recognise them: done counts, repeated does not.
expect_once()
{
    local is='.outcome == "done" and'
    expect "$1: three launches" test "$(in_journal driver "$is (.action | startswith(\"launch\"))")" == 3
    expect "$1: two starts" test "$(in_journal vnfm "$is .action == \"START\"")" == 2
    expect "$1: one configuration" test "$(in_journal vnfm "$is .action == \"MODIFY\"")" == 1
}

deploy()
{
    suite_wait_for_peers # where a broker stood still for seconds, an nfvo that just started has not found them yet
    nsr=$(baton nsr create dummy -o name)
}

# How much do they do when nobody dies?
begin_round
before=$(peers_did)
deploy
eventually 120 'ACTIVE undisturbed' nsr_is "$nsr" ACTIVE
expect_once 'undisturbed'
steps=$(($(peers_did) - before))
before=$(peers_did)
delete_and_leave_nothing "$nsr"
gone_steps=$(($(peers_did) - before))

for ((step = 0; step < steps; step++)); do
    begin_round
    before=$(peers_did)
    deploy
    eventually 120 "step $step of the deployment" peers_did_more_than $((before + step)) nsr_is "$nsr" ACTIVE
    suite_stop nfvo KILL
    suite_start_nfvo
    eventually 120 "ACTIVE after a kill -9 at step $step of $steps" nsr_is "$nsr" ACTIVE
    expect_once "killed at step $step of $steps of the deployment"
    if ((step < gone_steps)); then
        before=$(peers_did)
        expect 'the deletion is accepted' baton nsr delete "$nsr"
        eventually 120 "step $step of the deletion" peers_did_more_than $((before + step)) nsr_is_gone "$nsr"
        suite_stop nfvo KILL
        suite_start_nfvo
        eventually 120 "gone after a kill -9 at step $step of $gone_steps of the deletion" nsr_is_gone "$nsr"
        wait_until 180 suite_is_clean || fail "killed at step $step of the deletion, this is left: $(suite_leftovers)"
    else
        delete_and_leave_nothing "$nsr"
    fi
done
