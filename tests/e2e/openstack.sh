#!/usr/bin/env bash
# A service on an OpenStack, with a VNFM that does nothing (no server of a fake runs anything): deployed with addresses, scaled, healed, deleted; the
# cloud itself says what it has. tests/support/fake_openstack.py, or with OB_TEST_OPENSTACK=real the one of OS_* (tests/clouds/run).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
if [[ ${OB_TEST_OPENSTACK-} != real ]]; then
    python3 "$e2e_top/tests/support/fake_openstack.py" "$suite/cloud.env" &
    eventually 60 'the cloud serves' test -s "$suite/cloud.env"
    set -a
    # shellcheck disable=SC1091
    . "$suite/cloud.env"
    set +a
fi
mkdir "$suite/images"
suite_start_nfvo --image-dir "$suite/images"
suite_start_openstack_driver --outbound-allow 127.0.0.0/8 --poll "$([[ ${OB_TEST_OPENSTACK-} == real ]] && echo 1s || echo 100ms)"
suite_start_vnfm
suite_wait_for_peers openstack dummy

jq -n '{name: "cloud", type: "openstack", authUrl: env.OS_AUTH_URL, tenant: env.OS_PROJECT_ID, username: env.OS_USERNAME, password: env.OS_PASSWORD,
    securityGroups: ["default"], location: {name: "Berlin"}}' >"$suite/pop.json"
expect 'the PoP is registered' baton pop create "$suite/pop.json"
expect 'its images are known' test "$(baton pop show cloud -o json | jq '[.images[] | select(.name == "tiny")] | length')" == 1
jq '.vnfd |= map(.deployment_flavour = [{flavour_key: "m1.tiny"}] | .vdu |= map(.vm_image = ["tiny"] | .vimInstanceName = ["cloud"] |
    .scale_in_out = 3)) | .vnfd[0].vdu[0].vnfc[0].connection_point[0].floatingIp = "random"' "$e2e_top/deploy/examples/dummy-nsd.json" >"$suite/nsd.json"
# One of its VDUs wants an image that the cloud gets from the repository.
jq '.vnfd[1].vdu |= map(.vm_image = ["own:1"])' "$suite/nsd.json" >"$suite/own.json" && mv "$suite/own.json" "$suite/nsd.json"
printf 'QFI\xfb%100000s' image >"$suite/own.qcow2"
expect 'the NSD is onboarded' baton nsd create "$suite/nsd.json"
expect_exit 0 baton nsr create dummy --plan
expect_said 'none of the images'
expect 'the image is uploaded' baton image add own:1 "$suite/own.qcow2"
expect 'its format was seen' test "$(baton image list -o json | jq -r '.[] | .name + " " + .diskFormat')" == 'own:1 qcow2'
n=$(jq '[.vnfd[].vdu[].vnfc | length] | add' "$suite/nsd.json")

left() { python3 "$e2e_top/tests/support/openstack_count.py"; }
has() { [[ $(left) == "$1 networks"* ]] || fail "the cloud has $(left), not $1"; }
has_servers() { [[ $(left) == "servers $1 "* ]]; }
nothing_is_left() { [[ $(left) == "servers 0 ports 0 floatingips 0 networks"* ]]; } # networks stay, for the next service
instances() { baton nsr show dummy -o json | jq -r "[.vnfr[].vdu[].vnfc_instance[] | $1] | .[]"; }

has 'servers 0 ports 0 floatingips 0'
expect 'the service is deployed' baton nsr create dummy --wait --timeout 240s
nsr=$(baton nsr list -o name)
expect 'the service is active' nsr_is "$nsr" ACTIVE
has "servers $n ports $n floatingips 1"
own_images() { baton pop refresh cloud -o json | jq -c '[.images[] | select(.name == "own:1") | [.diskFormat, .isPublic // false]]'; }
expect 'the image was copied once, privately' test "$(own_images)" == '[["qcow2",false]]'
expect 'each has an address' test "$(instances '.ips[0].ip' | grep -c '^[0-9.]*$')" == "$n"
expect 'one has a floating address' test "$(instances '.floatingIps[0].ip // empty' | grep -c '^203\.0\.113\.')" == 1

vnfr=$(jq -r '.vnfd[0].name' "$suite/nsd.json")
expect_exit 0 baton nsr scale-out dummy "$vnfr" --wait --timeout 240s
has "servers $((n + 1)) ports $((n + 1)) floatingips 2"
host=$(instances .hostname | head -1)
expect_exit 0 baton nsr heal dummy "$host" --cause 'it does not look well' --wait --timeout 240s
expect_exit 0 baton nsr scale-in dummy "$vnfr" --wait --timeout 240s
eventually 60 'one server less' has_servers "$n"

expect 'the image is deleted from the repository' baton image delete own:1
expect 'its file is, too' test -z "$(ls "$suite/images")"
expect 'the service is deleted' baton nsr delete "$nsr" --wait --timeout 240s
wait_until 60 nothing_is_left || fail "left: $(left)"
