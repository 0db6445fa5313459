#!/usr/bin/env bash
# The client as people type it: names, the beginning of an id, several at once, what is shown and how.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)

test_lines() { (($(wc -l <"$1") >= $2)); } # FILE N

# --- what is named, and how
expect 'the list has a short id' test "$(baton nsr list | awk 'NR == 2 {print $NF}')" == "${nsr:0:8}"
expect 'it is taken' test "$(baton nsr show "${nsr:0:8}" -o name)" == "$nsr"
expect_exit 3 baton nsr show dumy
expect_said 'did you mean: dummy'
expect_exit 3 baton nsr show ffffffff
expect_exit 3 baton nsd delete dummy nothing-like-it
expect 'nothing was deleted' test "$(baton nsd list -o name | wc -l)" == 1

# --- several, and forms
expect 'several are an array' test "$(baton nsr show dummy "$nsr" -o json | jq -c '[.[].name]')" == '["dummy","dummy"]'
expect 'a path' test "$(baton nsr list -o jsonpath='{[*].vnfr[*].name}')" == 'dummy-client dummy-server'
expect 'a template' test "$(baton nsr list -o template='{.name} is {.status}')" == 'dummy is ACTIVE'
expect 'YAML' test "$(baton nsr list -o yaml | sed -n 's/^  status: //p')" == ACTIVE
expect 'a filter' test "$(baton nsr list --filter 'vnfs active=2/2,name=d*' -o name)" == "$nsr"
expect 'a filter that nothing fits' test "$(baton nsr list --filter status=ERROR -o json)" == '[]'
expect_exit 2 baton nsr list -o jsonpath='{.a'

# --- a service has a name of its own, and its VNFs are named with it
expect_exit 0 baton nsr create dummy --name 'two "2" words' --wait --timeout 180s
expect_said "nsr 'two \"2\" words' is ACTIVE"
second=$(baton nsr list --name 'two "2" words' -o name)
expect_exit 2 baton nsr create dummy --name x --body - <<<'{"name":"y"}'
expect_exit 1 baton nsr create dummy --name "$(printf 'a\033[2J')"
expect 'that was all' test "$(baton nsr list -o name | wc -l)" == 2
expect_exit 0 baton nsr stop dummy-client@dummy --wait --timeout 180s
expect_said 'STOP_VNF of dummy dummy-client is COMPLETED'
expect_exit 0 baton nsr start dummy-client@dummy --wait --timeout 180s
expect_exit 3 baton nsr stop dummy-client@nothing-like-it

# --- waiting, watching, and Ctrl-C
expect_exit 0 baton nsr wait dummy "$second" --timeout 180s
expect_said "nsr 'dummy' is ACTIVE"
process_signal STOP "$(suite_identity vnfm-dummy)"
baton nsr create dummy --name third >/dev/null
set -m # SIGINT is not ignored in it
"$suite_bin/baton" nsr wait third --timeout 100s >"$suite/waited" 2>&1 &
waiter=$!
set +m
eventually 30 'it waits' grep -q INSTANTIATE "$suite/waited"
kill -INT "$waiter"
rc=0 && wait "$waiter" || rc=$?
process_signal CONT "$(suite_identity vnfm-dummy)"
expect 'it ended as one that was interrupted' test "$rc" == 130
expect 'it says how to come back' grep -q 'watch it again: baton nsr wait' "$suite/waited"
expect_exit 0 baton nsr wait third --timeout 180s
set -m
"$suite_bin/baton" nsr list -w -o name >"$suite/watched" &
watcher=$!
set +m
eventually 30 'three are shown' test_lines "$suite/watched" 3

# --- who sits at a terminal is asked, a script is not
at_terminal() { script -qec "$1" /dev/null; }
expect_exit 2 at_terminal "$suite_bin/baton nsr delete third" <<<n
expect_said "delete nsr 'third'? [y/N]"
expect_exit 0 at_terminal "$suite_bin/baton nsr delete third --wait --timeout 180s -y" </dev/null
eventually 30 'it is shown that it is gone' test_lines "$suite/watched" 5
kill -INT "$watcher"
wait "$watcher" || fail "--watch ends with $?"
expect_exit 0 baton nsr delete "$second" --wait --timeout 180s

delete_and_leave_nothing "$nsr"
