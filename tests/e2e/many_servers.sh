#!/usr/bin/env bash
# A PoP with 50,000 servers of others: services come and go in it, deletions are verified by its listings (about 22 MB each),
# and nothing of that ends in the dead letters.
# Runs alone: listings of 22 MB want both cores.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
suite_start_driver --capacity 100000
suite_start_vnfm
fill_catalogue
pop=$(baton pop list -o json | jq -r '.[0].id')
suite_stop vim-driver-test TERM
awk -v pop="$pop" -v n=50000 'BEGIN {
    for (i = 1; i <= n; i++) {
        id = sprintf("server-other-%d", i)
        printf "{\"pop\":\"%s\",\"kind\":\"server\",\"id\":\"%s\",\"name\":\"other-%d\",\"object\":{\"name\":\"other-%d\",", pop, id, i, i
        printf "\"extId\":\"%s\",\"status\":\"ACTIVE\",\"hostName\":\"other-%d\",\"hypervisorHostName\":\"test-hypervisor\",", id, i
        printf "\"instanceName\":\"other-%d\",\"image\":{\"extId\":\"cirros\",\"name\":\"cirros\"},\"flavor\":{\"flavour_key\":\"m1.small\",", i
        printf "\"extId\":\"m1.small\"},\"ips\":{\"private\":[\"10.9.%d.%d\"]},\"floatingIps\":{},\"created\":\"May 3, 2018 2:22:01 PM\",", int(i / 256), i % 256
        printf "\"updated\":\"May 3, 2018 2:22:01 PM\"}}\n"
    }
}' >>"$suite/driver.state"
suite_start_driver --capacity 100000

expect_exit 0 baton nsr create dummy --wait --timeout 180s
began=$SECONDS
delete_and_leave_nothing "$(baton nsr list -o name)"
echo "deleted and verified after $((SECONDS - began)) s; nfvo had $(awk '/VmHWM/ { print int($2 / 1024) }' "/proc/$(suite_identity nfvo | cut -d" " -f1)/status") MB at most"
expect 'no dead letters' test "$(baton status -o json | jq '[.queues[] | select(.name == "nfvo.dead-letters") | .messages] | add // 0')" = 0
expect 'all the others are there' test "$(grep -c '"kind":"server"' "$suite/driver.state")" -ge 50000
