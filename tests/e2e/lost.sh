#!/usr/bin/env bash
# What an active service loses without a word: an agent, and a server. Status and explain say since when; nothing is said of those that
# are away for a moment, nor after their service.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open --own-servers # the broker tells every nfvo of refused logins, so status may warn of those of another suite
printf '%s\n' 'manager-check-interval = 500ms' 'reconcile-interval = 1s' 'reconcile-confirm = 200ms' >>"$suite/nfvo.conf"
start_scripted
suite_start_driver
suite_start_vnfm
suite_wait_for_peers
fill_catalogue

status_says()
{
    baton status 2>/dev/null | grep -F -- "$1" >/dev/null
}

explain_says()
{
    baton explain "$1" 2>/dev/null | grep -F -- "$2" >/dev/null
}

status_says_nothing()
{
    baton status 2>/dev/null | grep -E '^WARNINGS +none' >/dev/null
}

agent_is_seen()
{
    [[ $(suite_sql "select count(*) from agent_seen where gone_since $1") == 1 ]]
}

host_of()
{
    baton nsr show "$1" -o json | jq -r '[.vnfr[].vdu[].vnfc_instance[].hostname] | sort | first'
}

# In plain mode an agent's own loop starts it again: that ends, too.
kill_agent()
{
    local loops
    loops=$(pgrep -f "^sh -c until.*--config $suite/")
    # shellcheck disable=SC2086
    kill -KILL $loops $(pgrep -P "$(tr '\n' , <<<"$loops" | sed 's/,$//')") 2>/dev/null || true
}

package plain INSTANTIATE:install.sh START:start.sh
onboard plain plain
expect 'a service with an agent' baton nsr create plain --wait --timeout 180s
nsr=$(baton nsr list -o json | jq -r '.[] | select(.name == "plain") | .id')
host=$(host_of "$nsr")
eventually 120 'its agent was seen' agent_is_seen '= 0'
kill_agent
eventually 120 'it is missed' agent_is_seen '> 0'
suite_sql 'delete from agent_seen' >/dev/null # as if it had died before the first look
eventually 120 'it is missed although nobody saw it' agent_is_seen '> 0'
eventually 120 'explain says it at once' explain_says "$host" 'has an agent that is not connected since'
eventually 120 'status says it after a while' status_says "the agent of $host (nsr 'plain') is not connected since"
delete_and_leave_nothing "$nsr"
eventually 120 'a service that is gone misses nothing' status_says_nothing

expect 'a service without agents' baton nsr create dummy --wait --timeout 180s
nsr=$(baton nsr list -o json | jq -r '.[] | select(.name == "dummy") | .id')
host=$(host_of "$nsr")
suite_stop vim-driver-test
cp "$suite/driver.state" "$suite/driver.state.whole"
grep -v "\"name\":\"$host\"" "$suite/driver.state.whole" >"$suite/driver.state"
suite_start_driver
eventually 120 'status says which server is not listed' status_says "server $host of PoP 'demo': the PoP does not list it any more (nsr 'dummy'), since"
eventually 120 'so does explain of the service' explain_says "$nsr" "$host is not listed by its PoP any more, since"
name=$(baton nsr show "$nsr" -o json | jq -r --arg host "$host" '.vnfr[] | select(any(.vdu[].vnfc_instance[]; .hostname == $host)) | .name')
expect 'and how to replace it' explain_says "$host" "baton nsr scale-out dummy $name; baton nsr scale-in dummy $host"
expect_exit 0 baton nsr heal dummy "$host" --plan
expect_said "does not list server '$host' any more"
expect 'and its metric' test "$(suite_sql "select count(*) from drift where believed = 'SERVER_GONE'")" == 1
suite_stop vim-driver-test
cp "$suite/driver.state.whole" "$suite/driver.state"
suite_start_driver
eventually 120 'it is listed again' status_says_nothing
delete_and_leave_nothing "$nsr"
