#!/usr/bin/env bash
# Operations on a service of scripts, with agents: a script that fails is explained, mended, and run again; those before it are not.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
script web mend.sh <<'SH'
echo "cause: $cause"
[[ -e $suite/mended ]] || { echo 'the database is away' >&2; exit 7; }
SH
sed -i "s|\$suite|$suite|" "$suite/packages/web/scripts/mend.sh"
package web --instances 2 INSTANTIATE:install.sh START:start.sh STOP:stop.sh HEAL:check.sh HEAL:mend.sh UPDATE:update.sh
start_scripted
onboard service web
baton nsr create service --wait --timeout 180s >/dev/null
host=$(baton nsr show service -o json | jq -r '.vnfr[0].vdu[0].vnfc_instance[0].hostname')

# It fails: nothing but this operation waits, and it says what may be typed.
expect_exit 1 baton nsr heal service "$host" --cause 'it burns' --wait --timeout 180s
expect_said 'HEAL of service '"$host"' is FAILED_TEMP'
expect_said 'mend.sh'
expect_said 'the database is away'
op=$(baton op list service kind=heal -o name)
expect_said "baton op retry $op"
expect 'the service runs on' test "$(nsr_status "$(baton nsr list -o name)")" == ACTIVE
expect 'the first script ran' test "$(runs web check.sh)" == 1
expect_exit 0 baton op show "$op"
expect_said 'FAILED_TEMP'
expect_said 'exit: 7'

# Mended: what had succeeded is not run again.
touch "$suite/mended"
expect_exit 0 baton op retry "$op" --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'the failed script ran again' test "$(runs web mend.sh)" == 2
expect 'the one before it did not' test "$(runs web check.sh)" == 1

# One of two is stopped and started; the other one's scripts do not run.
expect_exit 0 baton nsr stop service "$host" --wait --timeout 180s
expect_exit 0 baton nsr start service "$host" --wait --timeout 180s
expect 'STOP ran once' test "$(runs web stop.sh)" == 1
expect 'START ran at both, and again at one' test "$(runs web start.sh)" == 3
expect_exit 0 baton nsr update service --wait --timeout 180s
expect 'UPDATE ran at both' test "$(runs web update.sh)" == 2

# A script of the request runs at both, and its failure is the operation's.
printf '#!/bin/bash\necho run >>%q\n' "$suite/executed" >"$suite/once.sh"
expect_exit 0 baton nsr execute service "$suite/once.sh" --wait --timeout 180s
expect 'it ran at both' test "$(wc -l <"$suite/executed")" == 2
printf '#!/bin/bash\necho no >&2\nexit 3\n' >"$suite/bad.sh"
expect_exit 1 baton nsr execute service "$suite/bad.sh" --wait --timeout 180s
expect_said 'is FAILED_TEMP'
op=$(baton op list service kind=execute state=open -o name)
expect_exit 0 baton op fail "$op"
expect_said 'is FAILED'
delete_and_leave_nothing "$(baton nsr list -o name)"
