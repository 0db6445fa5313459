#!/usr/bin/env bash
# VNF packages on a Docker engine of the scenario's own, as on the local driver: the agent is put into containers, two VNFs measure
# between each other, all goes away. NOT RUN where no engine can run.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
rc=0
suite_start_engine bash iperf3 || rc=$?
((rc != 77)) || exit 77 # it has said why
((rc == 0)) || fail 'the engine does not start'
suite_configure "$suite_vhost" "$suite_schema" # the broker is elsewhere for its containers
suite_start_nfvo
suite_start_docker_driver
suite_start_generic_vnfm
suite_wait_for_peers docker generic

expect 'the PoP is registered' baton pop create - < <(sed "s|/var/run/docker.sock|$suite/engine/s|" "$e2e_top/deploy/examples/docker-pop.json")
for package in iperf3-server iperf3-client; do
    expect "$package is onboarded" baton package upload "$e2e_top/deploy/examples/$package"
done
expect 'the NSD is onboarded' baton nsd create "$e2e_top/deploy/examples/iperf3-nsd.json"
expect 'the service is deployed' baton nsr create iperf3 --wait --timeout 120s
nsr=$(baton nsr list -o name)
measured=$(baton nsr show "$nsr" -o json | jq -r '[.vnfr[].provides.configurationParameters[]? | select(.confKey == "iperf3") | .value | fromjson |
    .end.sum_received.bits_per_second] | first | . > 1000000')
expect "something was measured, not '$measured'" test "$measured" == true
expect 'there are two containers' test "$("$e2e_top/tests/support/docker-engine" list "$suite/engine" | wc -l)" == 2
expect 'the service is deleted' baton nsr delete "$nsr" --wait --timeout 120s
eventually 60 'nothing is left' suite_is_clean

# The test kit on this driver, with the same engine, in a virtual host of its own.
sed "s|/var/run/docker.sock|$suite/engine/s|; s|\"docker\"|\"kitdocker\"|" "$e2e_top/deploy/examples/docker-pop.json" >"$suite/kit-pop.json"
start=$(printf '%q ' exec "$suite_bin/vim-driver-docker" --type=kitdocker --broker-host="$OB_TEST_BROKER_HOST" --broker-port="$OB_TEST_BROKER_PORT" \
    --broker-vhost="$suite_vhost-kit" --log-level=error --sockets="$suite/engine/s" --spent-file="$suite/kit-spent")
expect_exit 0 baton test driver kitdocker --cloud "$suite/kit-pop.json" --run "$start" --answer-within 20s \
    --broker "amqp://$OB_TEST_BROKER_USER:$OB_TEST_BROKER_PASSWORD@$OB_TEST_BROKER_HOST:$OB_TEST_BROKER_PORT/$suite_vhost-kit" \
    --broker-api "http://$OB_TEST_BROKER_HOST:$OB_TEST_BROKER_MANAGEMENT_PORT"
expect_said '# 0 failed, 0 advice'
expect 'no container is left' test -z "$("$e2e_top/tests/support/docker-engine" list "$suite/engine")"
