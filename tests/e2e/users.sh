#!/usr/bin/env bash
# Users, projects, quotas, keys and services from the command line, at two orchestrators of one database: what one of them takes
# away is gone at the other at once.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver
suite_start_vnfm
suite_wait_for_peers
other=$(port_pick)
suite_start nfvo2 nfvo --config "$suite/nfvo.conf" --port "$other"

# as USER COMMAND...: with a login of their own, at the other orchestrator.
as()
{
    local user=$1
    shift 2 # the word baton, too
    env -u BATON_USER -u BATON_PASSWORD XDG_CONFIG_HOME="$suite/home-$user" BATON_URL="http://127.0.0.1:$other" \
        "$suite_bin/baton" "$@"
}
enter()
{
    as "$1" baton login --user "$1" --password-file "$suite/password" --project "$2"
}
echo 'Quiet-river-7-stones' >"$suite/password"

expect 'a project with a quota' baton project create lab --description 'for trials' --quota services=1,instances=3
expect_exit 1 baton project create lab
expect_said "a project with the name 'lab' exists already"
expect_exit 0 baton user create bob --role USER@lab --email bob@example.org --password-file "$suite/password"
expect_said 'USER@lab'
expect_exit 1 baton user create eve --role USER@none --password-file "$suite/password"
expect_said 'Not found project none'
expect_exit 2 baton user create eve --role USER --password-file "$suite/password"
expect_said 'a role is ROLE@PROJECT'
expect_exit 0 enter bob lab

expect_exit 0 as bob baton pop create "$e2e_top/deploy/examples/test-pop.json"
expect_exit 0 as bob baton nsd create "$e2e_top/deploy/examples/dummy-nsd.json"
expect_exit 0 as bob baton nsr create dummy --wait --timeout 180s
expect_exit 1 as bob baton nsr create dummy
expect_said "the quota of project 'lab' is 1 network services: 1 are used, and this needs 1"
expect_said 'baton project update lab --quota services=N'
expect_exit 4 as bob baton project update lab --quota services=9
expect_exit 4 as bob baton user grant bob ADMIN@'*'
expect_exit 0 baton project update lab --quota services=2,instances=3
expect_exit 1 as bob baton nsr create dummy
expect_said 'is 3 instances: 3 are used'
expect_exit 0 as bob baton project show lab
expect_said 'instances'
expect_exit 1 baton project delete lab
expect_said "Project lab has still some resources allocated: 1 network service ('dummy'), 1 PoP ("
expect_exit 1 baton user delete bob
expect_said "user 'bob' is the only one with a role where there is still 1 network service"

# At once, at the other orchestrator.
expect_exit 0 baton user grant bob GUEST@lab
expect_exit 0 as bob baton nsr list
expect_exit 4 as bob baton nsr delete "$(as bob baton nsr list -o name)"
expect_exit 0 baton user grant bob USER@default,USER@lab
expect_exit 0 baton user disable bob
expect_exit 4 as bob baton nsr list
expect_exit 0 baton user enable bob
expect_exit 4 as bob baton nsr list # the old login has ended
expect_exit 0 enter bob lab
expect_exit 0 baton user revoke bob default
expect_exit 1 baton user revoke bob lab
expect_said 'At least one role must be provided'
echo 'Another-quiet-river-8' >"$suite/password2"
expect_exit 0 baton user password bob --password-file "$suite/password2"
expect_exit 4 as bob baton nsr list
expect_exit 1 baton user disable admin
expect_said 'no administrator would be left'
expect_exit 4 baton user delete admin
expect_said "You can't delete yourself"

# A service's key is its own; the same name tells it again.
key=$(baton service create fms --for lab)
expect "the key '$key' has 16 letters" test "${#key}" == 16
expect 'the same key again' test "$(baton service create fms --for '*')" == "$key"
expect_exit 0 baton service list
expect_said 'lab'
baton key generate mine >"$suite/private"
expect 'a private key' grep -q 'BEGIN RSA PRIVATE KEY' "$suite/private"
chmod 600 "$suite/private"
if command -v ssh-keygen >/dev/null; then
    expect 'the stored key is its public part' \
        test "$(ssh-keygen -y -f "$suite/private" | cut -d' ' -f1,2)" == "$(baton key list -o json | jq -r '.[].publicKey' | cut -d' ' -f1,2)"
fi
baton key show mine | tail -1 >"$suite/public"
expect 'imported' baton key import copy "$suite/public"
expect 'the key is deleted' baton key delete mine
expect_exit 0 baton service delete fms

baton user grant admin ADMIN@'*' >/dev/null
nsr=$(baton nsr list --project lab -o name)
expect_exit 0 baton nsr delete "$nsr" --project lab --wait --timeout 180s
expect_exit 0 baton nsd delete dummy --project lab
for vnfd in $(suite_sql "select id from vnfd"); do
    suite_sql "delete from vnfd where id = '$vnfd'" >/dev/null
done
expect_exit 0 baton pop delete "$(baton pop list --project lab -o name)" --project lab
expect_exit 1 baton project delete lab
expect_said "project lab has the only role of user 'bob'"
expect_exit 0 baton user delete bob
expect_exit 0 baton project delete lab
expect_exit 4 baton project delete default
expect_said 'You are not allowed to remove the last project'
