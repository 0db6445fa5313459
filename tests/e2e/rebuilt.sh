#!/usr/bin/env bash
# Servers are rebuilt: a VNF is restarted on new disks, and upgraded to a descriptor with other scripts, which fail first: explained, rolled back,
# mended, tried again.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
script web install.sh <<'SH'
echo "$hostname" >>"$SCRIPTS_PATH/disk"
SH
package web --instances 2 --provides port INSTANTIATE:install.sh INSTANTIATE:settle.sh START:start.sh STOP:stop.sh
package client --requires web:port INSTANTIATE:install.sh CONFIGURE:web_configure.sh START:start.sh STOP:stop.sh

# The same VNF, of which another release is made: its second script fails until it is mended.
package_again()
{
    local folder=$suite/packages/web2
    cp -r "$suite/packages/web" "$folder"
    sed -i 's/"1.0"/"2.0"/' "$folder/Metadata.yaml"
    jq '.version = "2.0"' "$suite/packages/web/vnfd.json" >"$folder/vnfd.json"
    for file in install settle; do
        sed -i "s/ $file.sh\"/ $file-2.sh\"/" "$folder/scripts/$file.sh"
    done
    printf '[[ -e %q ]] || { %s; echo "no licence" >&2; exit 5; }\n' "$suite/licence" "$(together web settle-2.sh 2)" >>"$folder/scripts/settle.sh"
    baton package upload "$folder" >/dev/null || fail 'the second release is refused'
}
start_scripted
onboard service web client web,client,port
package_again
deploy service ACTIVE
new=$(baton vnfd list -o json | jq -r '.[] | select(.version == "2.0") | .id')

of_web() # of_web FILTER: of the record of web
{
    baton nsr show "$nsr" -o json | jq -r ".vnfr[] | select(.name == \"web\") | $1"
}
servers='[.vdu[].vnfc_instance[] | .hostname, .id, .vc_id, .ips[].ip] | sort | join(" ")'
before=$(of_web "$servers") told=$(runs client web_configure.sh)

# A plan says what is lost, and does nothing.
expect_exit 0 baton nsr restart service web --plan
expect_said 'REBUILD'
expect_said 'REINSTANTIATE'
expect_said 'what was written to the disk'
expect 'there is no operation' test "$(baton op list service state=open -o name)" == ''
expect_exit 3 baton nsr restart service web --image nothing
expect_said 'Not found image nothing in vim: local'

# Both servers are new: what was on their disks is gone, and the scripts ran again, in order.
expect_exit 0 baton nsr restart service web --wait --timeout 180s
expect_said 'RESTART of service web is COMPLETED'
expect 'the same servers' test "$(of_web "$servers")" == "$before"
expect 'install ran again at both' test "$(runs web install.sh)" == 4
expect 'start, too' test "$(runs web start.sh)" == 4
expect 'stop did not' test "$(runs web stop.sh)" == 0
mapfile -t disks < <(find "$suite" -name disk -path '*/root/opt/openbaton/scripts/*')
expect 'there are two disks' test "${#disks[@]}" == 2
expect 'and both are new' test "$(cat "${disks[@]}" | wc -l)" == 2
expect 'the client was not told' test "$(runs client web_configure.sh)" == "$told"
expect 'the service runs' nsr_is "$nsr" ACTIVE

# A target is configured again.
expect_exit 0 baton nsr restart service client --image host --wait --timeout 180s
expect 'the client was installed again' test "$(runs client install.sh)" == 2
expect 'and configured again' test "$(runs client web_configure.sh)" == $((2 * told))

# The upgrade fails at its second script.
expect_exit 1 baton nsr upgrade service web "$new" --wait --timeout 180s
expect_said 'UPGRADE of service web is FAILED_TEMP'
expect_said 'no licence'
expect 'the service is in ERROR' nsr_is "$nsr" ERROR
expect 'its record is of the new one' test "$(of_web .version)" == 2.0
op=$(baton op list service state=open -o name)
expect_exit 0 baton op show "$op"
expect_said "baton op retry $op"

# Rolled back it is what it was, with the old scripts.
ran=$(runs web settle.sh)
expect_exit 0 baton op rollback "$op" --wait --timeout 180s
expect_said 'is ROLLED_BACK'
expect 'the service runs again' nsr_is "$nsr" ACTIVE
expect 'its record is of the old one' test "$(of_web .version)" == 1.0
expect 'the old scripts ran again' test "$(runs web settle.sh)" == $((ran + 2))
expect 'the same servers' test "$(of_web "$servers")" == "$before"

# Once more; mended this time, it goes on where it failed.
expect_exit 1 baton nsr upgrade service web "$new" --wait --timeout 180s
op=$(baton op list service state=open -o name)
ran=$(runs web install-2.sh)
touch "$suite/licence"
expect_exit 0 baton op retry "$op" --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'what had succeeded did not run again' test "$(runs web install-2.sh)" == "$ran"
expect 'its record is of the new one' test "$(of_web .version)" == 2.0
expect 'all of the service was stopped' test "$(runs web stop.sh)" == 2
expect 'also the client' test "$(runs client stop.sh)" == 1
expect 'the service runs' nsr_is "$nsr" ACTIVE
delete_and_leave_nothing "$nsr"
