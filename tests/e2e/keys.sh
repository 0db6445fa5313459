#!/usr/bin/env bash
# Keys that a deployment's body names are in root's authorized_keys of its servers, and in nobody else's.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

# rest METHOD PATH BODY: as the project that the client uses.
rest()
{
    local base=http://127.0.0.1:$suite_port token project
    token=$(curl -sf -u openbatonOSClient:secret -d grant_type=password -d username=admin \
        --data-urlencode "password=$suite_password" "$base/oauth/token" | jq -r .value)
    project=$(curl -sf -H "Authorization: Bearer $token" "$base/api/v1/projects" | jq -r '.[] | select(.name == "default").id')
    curl -sf -X "$1" -H "Authorization: Bearer $token" -H "project-id: $project" -H 'Content-Type: application/json' \
        -d "$3" "$base$2"
}

for name in one two; do
    expect "key $name is stored" rest POST /api/v1/keys "{\"name\":\"$name\",\"publicKey\":\"ssh-rsa $(echo "$name" | base64) $name@e2e\"}" >/dev/null
done
script vnf install.sh <<'SH'
echo "keys $(tr '\n' ' ' 2>&1 <"$HOME/.ssh/authorized_keys")"
echo "modes $(stat -c %a "$HOME/.ssh" "$HOME/.ssh/authorized_keys" | tr '\n' ' ')"
exit 0
SH
package vnf INSTANTIATE:install.sh
onboard nsd vnf

echo '{"keys": ["one", "two"]}' >"$suite/body.json"
expect_exit 0 baton nsr create nsd --body "$suite/body.json" --wait --timeout 180s
nsr=$(baton nsr list -o name)
expect_exit 0 baton logs "$nsr"
expect_said "keys ssh-rsa $(echo one | base64) one@e2e ssh-rsa $(echo two | base64) two@e2e"
expect_said 'modes 700 600'
delete_and_leave_nothing "$nsr"

expect_exit 0 baton nsr create nsd --wait --timeout 180s
nsr=$(baton nsr list -o name)
expect_exit 0 baton logs "$nsr"
expect_said 'authorized_keys: No such file'
delete_and_leave_nothing "$nsr"
