#!/usr/bin/env bash
# The client as people type it: names, the beginning of an id, several at once, what is shown and how.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
baton nsr create dummy --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)

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

delete_and_leave_nothing "$nsr"
