#!/usr/bin/env bash
# A script that fails, in each phase and on each instance: the fault names host, script, exit code and the last output;
# no later script runs; the service can be deleted.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

# The n-th instance to come fails, for hostnames are not known before. They come at once: making a folder succeeds once.
failing()
{
    cat <<SH
n=1
while ! mkdir "$suite/$1.came.\$n"; do n=\$((n + 1)); done 2>/dev/null
echo "line before the failure"
if ((n == $2)); then
    echo "no more \$hostname" >&2
    exit 7
fi
SH
}

script source provide.sh <<'SH'
echo '##baton set PORT 4711'
SH
package source --provides PORT INSTANTIATE:provide.sh

for event in INSTANTIATE CONFIGURE START; do
    for n in 1 2; do
        vnf=fails$event$n
        failing "$vnf" "$n" | script "$vnf" "fail.sh"
        package "$vnf" --instances 2 --requires source:PORT "$event:fail.sh" "$event:never.sh" START:started.sh
        onboard "$vnf" source "$vnf" "source,$vnf,PORT"
        deploy "$vnf" ERROR
        for text in "host $vnf-" fail.sh 'exit: 7' 'no more fails' 'hint:'; do
            expect_said "${text#host }"
        done
        fault=$(baton nsr show "$nsr" -o json | jq -c '.fault')
        expect "$vnf: the fault is whole: $fault" jq -e --arg v "$vnf" \
            '(.host | startswith($v)) and .script == "fail.sh" and .exit == 7 and (.output_tail | contains("no more"))' <<<"$fault"
        ran "$vnf" started.sh 2 && fail "$vnf: START ran on both instances although $event failed"
        host=$(jq -r .host <<<"$fault")
        expect_exit 0 baton logs "$host"
        expect_said 'line before the failure'
        delete_and_leave_nothing "$nsr"
    done
done

# TERMINATE and STOP scripts that fail do not keep a service alive.
script ends stop.sh <<<'exit 3'
package ends START:start.sh TERMINATE:stop.sh TERMINATE:last.sh
onboard ends ends
deploy ends ACTIVE
delete_and_leave_nothing "$nsr"
ran ends stop.sh 1 || fail 'the TERMINATE script did not run'
