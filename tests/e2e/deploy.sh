#!/usr/bin/env bash
# The main job: deploy, ACTIVE with addresses, delete, nothing left.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all

expect_exit 0 baton nsr create dummy --wait --timeout 180s
expect_said 'is ACTIVE after'
expect_said '2 VNFs, 3 instances'
nsr=$(baton nsr list -o name)
expect 'three instances are ACTIVE, each with an address in private' jq -e \
    '[.vnfr[].vdu[].vnfc_instance[] | select(.ips[0].netName == "private" and (.ips[0].ip | length > 6))] | length == 3' \
    <<<"$(baton nsr show "$nsr" -o json)" >/dev/null
expect 'the driver has three servers' test "$(suite_servers | wc -l)" == 3
expect_exit 0 baton status
expect_said '1 ACTIVE'
expect_exit 0 baton nsr history dummy
expect_said 'INSTANTIATING -> GRANTING'

delete_and_leave_nothing "$nsr"
expect_exit 3 baton nsr show "$nsr"
