#!/usr/bin/env bash
# A VNFM on libob_vnfm over HTTP: the dummy VNFM with the option nfvo. A whole life; only who knows the token is served.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/rest_vnfm.inc"
. "$(dirname "$0")/rest_sdk.inc"
scenario_open
rest_sdk_open

suite_say 'a whole life'
expect 'it is deployed' baton nsr create dummy --wait --timeout 60s
nsr=$(baton nsr list -o name)
vnfr=$(baton nsr show "$nsr" -o json | jq -r '.vnfr[0].name')
expect 'it grows' baton nsr scale-out "$nsr" "$vnfr" --wait --timeout 60s
host=$(baton nsr show "$nsr" -o json | jq -r --arg v "$vnfr" '[.vnfr[] | select(.name == $v)][0].vdu[0].vnfc_instance[0].hostname')
expect 'an instance is healed' baton nsr heal "$nsr" "$host" --cause 'a test' --wait --timeout 60s
expect 'it shrinks' baton nsr scale-in "$nsr" "$vnfr" --wait --timeout 60s
delete_and_leave_nothing "$nsr"
for action in INSTANTIATE START RELEASE_RESOURCES; do
    done_once "$action" 2
done

suite_say 'who does not know the token'
post() { curl --silent --output /dev/null --write-out "%{http_code}" --json "{\"action\":\"RELEASE_RESOURCES\"}" "$@" "$at/core-rest-actions"; }
expect 'nobody is served without the token' test "$(post)" == 401
expect 'nor with another one' test "$(post --header 'Authorization: Bearer x')" == 401
expect 'nor is a web page' test "$(post --header "Authorization: Bearer $token" --header 'Origin: http://localhost')" == 403

suite_stop vnfm-dummy
eventually 60 'it has left' has_vnfm 0
