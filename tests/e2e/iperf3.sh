#!/usr/bin/env bash
# The demo's own service: packages, scripts through agents, traffic between two instances, and nothing left. In plain mode, and in
# containers where this machine allows them.
# Runs alone: in containers it has the networks of this machine to itself.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

start_in_mode()
{
    suite_choose_mode "$1"
    suite_configure "$suite_vhost" "$suite_schema"
    suite_start_nfvo
    suite_start_local_driver
    suite_start_generic_vnfm
    suite_wait_for_peers local generic
}

deploy_and_delete()
{
    local nsr record
    expect_exit 0 baton nsr create iperf3 --wait --timeout 180s
    nsr=$(baton nsr list -o name)
    record=$(baton nsr show "$nsr" -o json)
    expect 'the client measured against an address of the server' jq -e '
        [.vnfr[] | select(.type == "server") | .vdu[].vnfc_instance[].ips[].ip] as $servers
        | [.vnfr[] | select(.type == "client") | .provides.configurationParameters[] | select(.confKey == "iperf3") | .value | fromjson]
        | length == 1 and (.[0] | .end.sum_received.bits_per_second > 0 and (.start.connected[0].remote_host | IN($servers[])))' \
        <<<"$record" >/dev/null
    expect 'two servers run' test "$(suite_servers | wc -l)" == 2
    expect_exit 0 baton logs "$nsr"
    expect_said 'measured with'
    delete_and_leave_nothing "$nsr"
}

scenario_open
start_in_mode plain
expect 'the PoP is registered' baton pop create "$e2e_top/deploy/examples/local-pop.json"
for package in iperf3-server iperf3-client; do
    expect "package $package is onboarded" baton package upload "$e2e_top/deploy/examples/$package"
done
expect 'the NSD is onboarded' baton nsd create "$e2e_top/deploy/examples/iperf3-nsd.json"
deploy_and_delete
suite_stop_all
expect 'nothing of it runs' test -z "$(suite_traces)"

suite_choose_mode auto
if [[ $suite_mode == runc ]]; then
    start_in_mode runc
    deploy_and_delete
    suite_stop_all
    expect 'nothing of it runs' test -z "$(suite_traces)"
fi
