#!/usr/bin/env bash
# A launch that was done, and whose service is deleted, does not come again: neither out of the outbox, where an nfvo that
# was killed between the broker's confirm and its next transaction left it, nor at a driver that gets a copy all the same.
# The driver is killed in between, so it has no answers in memory to recognise a copy by.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
nsd=$(baton nsd list -o name)

deploy_and_delete()
{
    local nsr
    nsr=$(baton nsr create "$nsd" -o name)
    eventually 120 "$nsr is ACTIVE" nsr_is "$nsr" ACTIVE
    expect "nsr $nsr is deleted" baton nsr delete "$nsr" --wait --timeout 180s
    expect 'its launches are in the outbox still' test "$(launches_unsent)" == 3
    suite_stop vim-driver-test KILL
    suite_start_driver
}

launches_unsent()
{
    suite_sql "select count(*) from outbox where body like '%launchInstance%'"
}

none_is_unsent()
{
    [[ $(launches_unsent) == 0 ]]
}

echo '-- an nfvo dies before it deletes what it sent'
suite_sql "create function keep_launches() returns trigger language plpgsql as
    \$\$ begin return case when old.body like '%launchInstance%' then null else old end; end \$\$;
    create trigger keep_launches before delete on outbox for each row execute function keep_launches()"
deploy_and_delete
suite_sql 'drop trigger keep_launches on outbox'
eventually 120 'nothing is unsent' none_is_unsent
expect 'each was launched once' test "$(grep -c launchInstance "$suite/driver.journal")" == 3
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"

echo '-- a copy is under way all the same'
suite_sql "create function keep() returns trigger language plpgsql as 'begin return null; end';
    create trigger keep_launches before delete on outbox for each row execute function keep_launches();
    create trigger keep before delete on command for each row when (old.kind = 'LAUNCH') execute function keep()"
deploy_and_delete
eventually 120 'each launch comes again' journal_has driver launchInstanceAndWait 9
suite_sql "drop trigger keep_launches on outbox; drop trigger keep on command; delete from command where kind = 'LAUNCH'"
expect 'and is refused' test "$(grep -c '"action":"launchInstance.*"outcome":"failed"' "$suite/driver.journal")" -ge 3
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
