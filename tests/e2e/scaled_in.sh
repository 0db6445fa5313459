#!/usr/bin/env bash
# An instance goes: its targets are told first, with what they knew of it, then its server is deleted. A target that cannot bear it
# stops it; the operation is retried, or rolled back. And a HEAL that publishes another value tells the targets.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
script web install.sh <<<"echo '##baton set VERSION 1'"
script web heal.sh <<SH
echo "\$cause" >>"$suite/causes"
echo "##baton set VERSION \$cause"
SH
script client web_connect.sh <<SH
echo "\$web_hostname \$web_private \$web_VERSION" >>"$suite/told"
SH
script client web_gone.sh <<SH
[[ -e "$suite/mended" ]] || { echo 'the last one may not go' >&2; exit 4; }
echo "\$removing_hostname \$removing_private" >>"$suite/gone"
SH
package web --instances 3 --provides VERSION INSTANTIATE:install.sh START:start.sh HEAL:heal.sh
package client --requires web:VERSION --requires web:private --requires web:hostname CONFIGURE:web_connect.sh START:start.sh \
    SCALE_IN:web_gone.sh
start_scripted
onboard service web client web,client,VERSION,private,hostname
baton nsr create service --wait --timeout 180s >/dev/null
nsr=$(baton nsr list -o name)

of_web() { baton nsr show service -o json | jq -r ".vnfr[] | select(.name == \"web\") | .vdu[0].vnfc_instance[] | $1"; }
known() { # known HOST...: the hosts that the client's dependency has
    local got want
    got=$(baton nsr show service -o json | jq -r '.vnf_dependency[0].vnfcParameters.web.parameters | map(.parameters.hostname) | sort | join(" ")')
    want=$(printf '%s\n' "$@" | sort | xargs)
    [[ $got == "$want" ]] || fail "the client knows '$got', not '$want'"
}
mapfile -t hosts < <(of_web .hostname)
known "${hosts[@]}"
expect 'the client was told of each' test "$(wc -l <"$suite/told")" == 3

# HEAL: what it published is told, of that instance, and the client is started again.
expect_exit 0 baton nsr heal service "${hosts[1]}" --cause 2 --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'the cause reached the script' test "$(cat "$suite/causes")" == 2
expect 'the client was told of one' test "$(wc -l <"$suite/told")" == 4
[[ $(tail -1 "$suite/told") == "${hosts[1]} "*' 2' ]] || fail "the client was told '$(tail -1 "$suite/told")'"
expect 'the client was started again' test "$(runs client start.sh)" == 2
expect_exit 0 baton nsr heal service "${hosts[1]}" --cause 2 --wait --timeout 180s
expect 'nothing changed: nobody is told' test "$(wc -l <"$suite/told")" == 4

# The plan names what is told; it does nothing.
expect_exit 0 baton nsr scale-in service "${hosts[0]}" --plan
expect_said 'SCALE_IN'
expect_said 'DELETE'
known "${hosts[@]}"

# The client's script fails: nothing was deleted, and it can be rolled back.
expect_exit 1 baton nsr scale-in service "${hosts[0]}" --wait --timeout 180s
expect_said 'is FAILED_TEMP'
expect_said 'the last one may not go'
op=$(baton op list service kind=scale_in -o name)
expect_said "baton op rollback $op"
expect_exit 0 baton op rollback "$op" --wait --timeout 180s
expect_said 'ROLLED_BACK'
known "${hosts[@]}"
[[ $(tail -1 "$suite/told") == "${hosts[0]} "* ]] || fail "the client was told '$(tail -1 "$suite/told")'"
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
expect_exit 0 baton nsr history service
[[ $said != *'not as it was'* ]] || fail "the rollback left something: $said"

# Mended: retried, it goes.
expect_exit 1 baton nsr scale-in service "${hosts[0]}" --wait --timeout 180s
touch "$suite/mended"
address=$(of_web "select(.hostname == \"${hosts[0]}\") | .ips[0].ip")
expect_exit 0 baton op retry "$(baton op list service kind=scale_in state=open -o name)" --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'removing_* reached the script' test "$(cat "$suite/gone")" == "${hosts[0]} $address"
known "${hosts[@]:1}"
expect 'two are left' test "$(of_web .hostname | sort | xargs)" == "$(printf '%s\n' "${hosts[@]:1}" | sort | xargs)"
expect_exit 1 baton op rollback "$op"

# By choice: one that is stopped before one that runs; the last one stays.
expect_exit 0 baton nsr stop service "${hosts[1]}" --wait --timeout 180s
expect_exit 0 baton nsr scale-in service web --wait --timeout 180s
known "${hosts[2]}"
expect_exit 1 baton nsr scale-in service web
expect_said 'have reached their minimum number'
expect 'the service runs' test "$(nsr_status "$nsr")" == ACTIVE
delete_and_leave_nothing "$nsr"
