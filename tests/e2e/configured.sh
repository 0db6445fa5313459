#!/usr/bin/env bash
# Configuration parameters of a service that runs: its scripts of CONFIGURE and START run with the new value, those of a VNF that
# depends on it too; a script that fails is retried from there on, or all is rolled back.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

script server port.sh <<SH
echo "\$port" >>$suite/server.ports
[[ \$port != 0 || -e $suite/mended ]] || { echo 'no such port' >&2; exit 5; }
SH
package server CONFIGURE:port.sh START:start.sh
script client server_connect.sh <<<"echo \$server_port >>$suite/client.ports"
package client --requires server:port CONFIGURE:server_connect.sh START:start.sh
folder=$suite/packages/server
jq '.configurations = {name: "server", configurationParameters: [{confKey: "port", value: "80"}, {confKey: "colour", value: "red"}]}' \
    "$folder/vnfd.json" >"$folder/new" && mv "$folder/new" "$folder/vnfd.json"
onboard pair server client server,client,port
deploy pair ACTIVE
expect 'the first value came' test "$(tail -n 1 "$suite/client.ports")" == 80

value_is()
{
    [[ $(baton nsr show "$nsr" -o json | jq -r '.vnfr[] | select(.name == "server") | .configurations.configurationParameters[] |
        select(.confKey == "port") | .value') == "$1" ]]
}

# Both are told, and started again; the plan says so beforehand, and does nothing.
expect_exit 0 baton nsr configure "$nsr" server port=81 --plan
expect_said SET_CONFIG
expect 'as before' value_is 80
expect_exit 0 baton nsr configure "$nsr" server port=81 --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'the record has it' value_is 81
expect 'its own script has it' test "$(tail -n 1 "$suite/server.ports")" == 81
expect 'the other VNF has it' test "$(tail -n 1 "$suite/client.ports")" == 81
expect 'each started again' test "$(runs server start.sh) $(runs client start.sh)" == '2 2'

# One that the other VNF does not want: it is left alone.
told=$(wc -l <"$suite/client.ports")
expect_exit 0 baton nsr configure "$nsr" server colour=blue --wait --timeout 180s
expect 'the other VNF was not told' test "$(wc -l <"$suite/client.ports")" == "$told"
expect_exit 0 baton nsr configure "$nsr" server port=90 --record-only --wait --timeout 180s
expect 'only stored' value_is 90
expect 'nobody was told' test "$(tail -n 1 "$suite/server.ports")" == 81

# That is seen, and the command that is named tells it, and it alone.
expect_exit 0 baton explain "$nsr"
expect_said 'client does not have what server has now: port'
expect_exit 0 baton nsr show "$nsr"
expect_said 'baton nsr configure pair client --tell'
expect_exit 2 baton nsr configure "$nsr" client --tell port=1
expect_exit 0 baton nsr configure "$nsr" client --tell --wait --timeout 180s
expect 'it was told' test "$(tail -n 1 "$suite/client.ports")" == 90
expect 'the other was not' test "$(tail -n 1 "$suite/server.ports")" == 81
expect_exit 0 baton explain "$nsr"
[[ $said != *'does not have'* ]] || fail "told, and not told: $said"

# A script fails: rolled back, then the same retried.
expect_exit 1 baton nsr configure "$nsr" server port=0 --wait --timeout 180s
expect_said 'FAILED_TEMP'
expect_said 'no such port'
op=$(baton op list "$nsr" kind=configure state=open -o name)
expect_exit 0 baton op rollback "$op" --wait --timeout 180s
expect 'the value before' value_is 90
expect 'its script has it again' test "$(tail -n 1 "$suite/server.ports")" == 90
expect_exit 1 baton nsr configure "$nsr" server port=0 --wait --timeout 180s
op=$(baton op list "$nsr" kind=configure state=open -o name)
touch "$suite/mended"
suite_stop nfvo KILL
suite_start_nfvo
expect_exit 0 baton op retry "$op" --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'the other VNF has it' test "$(tail -n 1 "$suite/client.ports")" == 0
delete_and_leave_nothing "$nsr"
