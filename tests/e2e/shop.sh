#!/usr/bin/env bash
# deploy/examples/shop: PostgreSQL, two web servers and a load balancer as three VNFs that need each other both ways; it answers, and
# goes on when a web server is added.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
command -v python3 >/dev/null || exit 77
scenario_open
suite_choose_mode plain
suite_configure "$suite_vhost" "$suite_schema"
suite_start_nfvo
suite_start_local_driver
suite_start_generic_vnfm
suite_wait_for_peers local generic
expect 'the PoP is registered' baton pop create "$e2e_top/deploy/examples/local-pop.json"
for package in shop-db shop-web shop-lb; do
    expect "package $package is onboarded" baton package upload "$e2e_top/deploy/examples/$package"
done
expect 'the NSD is onboarded' baton nsd create "$e2e_top/deploy/examples/shop-nsd.json"
expect_exit 0 baton nsr create shop --wait --timeout 180s
nsr=$(baton nsr list -o name)
lb=$(baton nsr show "$nsr" -o json | jq -r '[.vnfr[] | select(.type == "lb") | .vdu[].vnfc_instance[].ips[].ip][0]')

visit() # how many web servers have answered by now
{
    local socket
    exec {socket}<>"/dev/tcp/$lb/8000"
    printf 'GET / HTTP/1.0\r\n\r\n' >&"$socket"
    tr -d '\r' <&"$socket" | sed '1,/^$/d' | jq '.visits | length'
    exec {socket}>&-
}
visited() # N
{
    [[ $(visit 2>/dev/null) == "$1" ]]
}
eventually 30 'both web servers answer, each visit is in the database' visited 2
expect_exit 0 baton nsr scale-out "$nsr" shop-web --wait --timeout 180s
eventually 30 'the third one does, too' visited 3
delete_and_leave_nothing "$nsr"
suite_stop_all
expect 'nothing of it runs' test -z "$(suite_traces)"
