#!/usr/bin/env bash
# A deployment whose scripts fail: explained, mended, resumed; what had run does not run again, whatever is killed meanwhile.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

script source provide.sh <<<"echo '##baton set PORT 4711'"
package source --provides PORT INSTANTIATE:provide.sh START:start.sh
script web second.sh <<SH
$(together web second.sh 2)
echo "no such package" >&2; exit 4
SH
script web source_use.sh <<SH
until [[ -e $suite/go ]]; do sleep 0.05; done
[[ \$source_PORT == 4711 ]]
SH
script web up.sh <<SH
[[ ! -e $suite/mended ]] || exit 0
$(together web up.sh 2)
echo 'no disk' >&2; exit 7
SH
package web --instances 2 --requires source:PORT INSTANTIATE:first.sh INSTANTIATE:second.sh \
    CONFIGURE:source_use.sh START:start.sh START:up.sh
onboard pair source web source,web,PORT

waits_for_a_person()
{
    [[ $(baton op show "$op" -o json | jq -r .state) == FAILED_TEMP ]]
}

script_is_out()
{
    [[ $(baton op list "$nsr" kind=update_script state=completed -o name) ]]
}

restart()
{
    suite_stop nfvo KILL
    suite_stop vnfm-generic KILL
    suite_start_nfvo
    suite_start_generic_vnfm
}

# It fails at INSTANTIATE, and says what may be typed.
deploy pair ERROR
expect_exit 0 baton explain "$nsr"
expect_said 'second.sh'
expect_said "baton op retry $(baton op list "$nsr" kind=deploy -o name)"
expect_exit 0 baton nsr resume "$nsr" --plan
expect_said 'RESUME'
expect 'nothing was done by a plan' test "$(runs web second.sh)" == 2

# The script is mended in the package; everything is killed in the middle of what comes next; START fails then.
script web second.sh <<<'true'
expect_exit 0 baton script put web second.sh "$suite/packages/web/scripts/second.sh"
eventually 60 'the script is on the servers' script_is_out
expect_exit 0 baton nsr resume "$nsr"
eventually 120 'CONFIGURE runs' ran web source_use.sh 2
expect 'it is being resumed' nsr_is "$nsr" RESUMING
restart
touch "$suite/go"
eventually 120 'START failed' nsr_is "$nsr" ERROR
expect_exit 0 baton explain "$nsr"
expect_said 'no disk'
op=$(baton op list "$nsr" kind=resume -o name)
eventually 120 'the operation waits for a person' waits_for_a_person
expect_exit 0 baton op show "$op"
expect_said "baton op retry $op"

# The cause is fixed on the servers of the VNF that failed; what starts it is left to its resume.
printf '#!/bin/bash\ntouch %q\n' "$suite/mended" >"$suite/mend.sh"
expect_exit 0 baton nsr execute "$nsr" web "$suite/mend.sh" --wait --timeout 60s
expect_said 'is COMPLETED'
expect_exit 1 baton nsr start "$nsr" web
expect_said 'baton nsr resume'

# Resumed again: it is the same operation, and ends well.
expect_exit 0 baton nsr resume "$nsr" --wait --timeout 180s
expect_said 'is COMPLETED'
expect 'ACTIVE' nsr_is "$nsr" ACTIVE
expect 'no fault is left' jq -e '.fault == null and all(.vnfr[]; .fault == null)' <<<"$(baton nsr show "$nsr" -o json)"
expect 'the same operation' test "$(baton op list "$nsr" kind=resume -o name)" == "$op"
for file in first.sh source_use.sh start.sh; do
    expect "$file ran once at both, not $(runs web "$file") times" test "$(runs web "$file")" == 2
done
expect 'second.sh ran again at both' test "$(runs web second.sh)" == 4
expect "up.sh ran twice at both, not $(runs web up.sh) times" test "$(runs web up.sh)" == 4
expect 'the scripts of the source ran once' test "$(runs source provide.sh) $(runs source start.sh)" == '1 1'
expect_exit 3 baton nsr resume "$nsr"
expect_said 'NSR is not in ERROR status'
delete_and_leave_nothing "$nsr"
