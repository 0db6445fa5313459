#!/usr/bin/env bash
# Broker or database are away when nfvo starts: it waits, says for whom, and works when they are there.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open --own-servers

# start_without SERVER: until nfvo has said that it is away.
start_without()
{
    servers kill "$1"
    suite_start nfvo nfvo --config "$suite/nfvo.conf" &
    starting=$!
    eventually 120 "nfvo says that it waits for the $1" says_it_waits
    servers restart "$1"
    wait "$starting" || fail "nfvo does not start when the $1 is back"
}

says_it_waits()
{
    grep -qE 'lvl=(warn|error)' "$suite/log/nfvo.log" 2>/dev/null
}

for server in broker db; do
    : >"$suite/log/nfvo.log"
    start_without "$server"
    suite_start_driver
    suite_start_vnfm
    suite_wait_for_peers
    [[ $server == db ]] || fill_catalogue
    expect_exit 0 baton nsr create dummy --wait --timeout 180s
    mapfile -t all < <(baton nsr list -o name)
    delete_and_leave_nothing "${all[@]}"
    suite_stop_all
done
