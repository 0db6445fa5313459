#!/usr/bin/env bash
# A TERMINATE script that fails: the release goes on, and tells. Fault in history and event, a word on standard error, logs afterwards.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

script bye install.sh <<<'echo installed'
script bye bye.sh <<<'echo half; echo cannot >&2; exit 4'
script bye more.sh <<<'echo and on'
package bye INSTANTIATE:install.sh TERMINATE:bye.sh TERMINATE:more.sh
onboard farewell bye
deploy farewell ACTIVE
host=$(baton nsr show "$nsr" -o json | jq -r '.vnfr[].vdu[].vnfc_instance[].hostname')

# The fault of the host, in the JSON that it is given.
is_the_fault()
{
    jq -e --arg h "$host" '.host == $h and .script == "bye.sh" and .exit == 4 and (.output_tail | contains("cannot")) and
        (.hint | length > 0)' >/dev/null
}

rc=0
baton nsr delete "$nsr" --wait --timeout 180s >"$suite/said" 2>"$suite/complained" || rc=$?
expect 'the release succeeds' test "$rc" == 0
for text in "$host" bye.sh 'exit: 4' cannot 'was released in spite of that' "baton logs $nsr"; do
    expect "standard error says '$text': $(cat "$suite/complained")" grep -qF "$text" "$suite/complained"
done
expect 'the later script ran, too' ran bye more.sh 1

# All that is left is what may be read.
eventually 120 'nothing else is left' suite_is_clean
expect_exit 0 baton nsr history "$nsr" -o json
expect "the history has the fault: $said" is_the_fault <<<"$(jq '[.[].entry | select(.event == "ERROR").fault] | first' <<<"$said")"
expect 'the fault comes before the end' jq -e '[.[].entry.event | select(. == "ERROR" or . == "RELEASED")] == ["ERROR", "RELEASED"]' <<<"$said" >/dev/null
expect_exit 0 baton explain "$nsr"
expect_said 'gone: it was released'
expect_said "LAST (all: baton nsr history $nsr)"
expect_said bye.sh
for who in "$nsr" "$host" farewell; do
    expect_exit 0 baton logs "$who"
    for text in '== INSTANTIATE install.sh' installed '== TERMINATE bye.sh' 'exit 4' half cannot '== TERMINATE more.sh' 'and on'; do
        expect_said "$text"
    done
done
expect_exit 3 baton logs "$host-1"
expect_exit 3 baton nsr history farewell
expect_said "baton explain farewell"

# A service of the same name that is there comes first.
deploy farewell ACTIVE
expect_exit 0 baton logs farewell
[[ $said != *TERMINATE* ]] || fail "the logs are those of the service that is gone: $said"
delete_and_leave_nothing "$nsr"
