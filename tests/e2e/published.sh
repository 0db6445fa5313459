#!/usr/bin/env bash
# Values that scripts publish while an operation runs: kept in the record, told to the VNFs that want them, whatever the operation.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

# Each instance publishes what it is; only the first one's counts.
script server install.sh <<SH
echo "##baton set FIRST \$hostname"
[[ ! -e $suite/late ]] || echo "##baton set LATE \$hostname"
SH
for event in heal update stop configure; do
    script server $event.sh <<<"echo '##baton set PORT by-$event'"
done
script server port.sh <<<"echo '##baton set PORT 80'"
package server --max 2 --provides FIRST --provides PORT --provides LATE \
    INSTANTIATE:install.sh INSTANTIATE:port.sh HEAL:heal.sh UPDATE:update.sh STOP:stop.sh START:start.sh CONFIGURE:configure.sh
script client server_connect.sh <<<"echo \"\$server_FIRST \$server_PORT \$server_LATE\" >>$suite/told"
package client --requires server:FIRST --requires server:PORT --requires server:LATE CONFIGURE:server_connect.sh START:start.sh
onboard pair server client server,client,FIRST,PORT,LATE
deploy pair ACTIVE
first=$(baton nsr show "$nsr" -o json | jq -r '.vnfr[] | select(.name == "server") | .vdu[0].vnfc_instance[0].hostname')

value_is()
{
    local got
    got=$(baton nsr show "$nsr" -o json |
        jq -r --arg k "$1" '.vnfr[] | select(.name == "server") | .provides.configurationParameters[] | select(.confKey == $k) | .value')
    [[ $got == "$2" ]] || fail "$1 is '$got', not '$2'"
}

client_knows()
{
    [[ $(tail -n 1 "$suite/told") == "$1" ]] || fail "the client was told '$(tail -n 1 "$suite/told")', not '$1'"
}
value_is FIRST "$first"
client_knows "$first 80 "

# HEAL tells the client by itself.
expect_exit 0 baton nsr heal "$nsr" "$first" --wait --timeout 180s
value_is PORT by-heal
client_knows "$first by-heal "

# CONFIGURE and RESTART, too.
expect_exit 0 baton nsr configure "$nsr" server level=1 --wait --timeout 180s
value_is PORT by-configure
client_knows "$first by-configure "
expect_exit 0 baton nsr restart "$nsr" server --wait --timeout 180s
value_is PORT 80
client_knows "$first 80 "

# The others keep the value for the next time that it is told.
expect_exit 0 baton nsr update "$nsr" server --wait --timeout 180s
value_is PORT by-update
printf '#!/bin/bash\necho "##baton set PORT by-execute"\n' >"$suite/once.sh"
expect_exit 0 baton nsr execute "$nsr" server "$suite/once.sh" --wait --timeout 180s
value_is PORT by-execute
expect_exit 0 baton nsr stop "$nsr" "$first" --wait --timeout 180s
value_is PORT by-stop
client_knows "$first 80 "
expect_exit 0 baton nsr start "$nsr" "$first" --wait --timeout 180s

# One more says what nobody has said yet; what the first one said stays.
touch "$suite/late"
expect_exit 0 baton nsr scale-out "$nsr" server --wait --timeout 180s
second=$(baton nsr show "$nsr" -o json | jq -r '.vnfr[] | select(.name == "server") | .vdu[0].vnfc_instance[1].hostname')
value_is FIRST "$first"
value_is PORT by-stop
value_is LATE "$second"
delete_and_leave_nothing "$nsr"
