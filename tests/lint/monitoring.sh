#!/usr/bin/env bash
# deploy/monitoring: Prometheus takes the rules and their tests pass; each command of a runbook exists; the dashboard is one that
# Grafana can read. That the metrics which both name are there: tests/e2e/measured.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v jq >/dev/null || { echo 'there is no jq' && exit 77; }

wrong=()
rules=deploy/monitoring/baton.rules.yml
dashboard=deploy/monitoring/grafana-baton.json

if command -v promtool >/dev/null; then
    for check in "check rules $rules" 'test rules deploy/monitoring/baton.rules.test.yml' 'check config deploy/monitoring/prometheus.yml'; do
        # shellcheck disable=SC2086
        said=$(promtool $check 2>&1) || wrong+=("promtool $check: $said")
    done
else
    echo 'NOT RUN: promtool is not installed (apt-get install prometheus), the rules are not checked'
fi

# An alert without the three texts is one that people cannot act on.
alerts=$(grep -c '^      - alert: ' "$rules")
for text in summary description runbook; do
    [[ $(grep -c "^          $text: " "$rules") == "$alerts" ]] || wrong+=("$rules: an alert without $text")
done
texts=$(mktemp /tmp/baton-monitoring.XXXXXX.c)
trap 'rm -f "$texts"' EXIT
sed -n 's/^            \(baton .*\)$/x("\1");/p' "$rules" | sed 's/{{[^}]*}}/NAME/g' >"$texts"
[[ -s $texts ]] || wrong+=("$rules: no command in a runbook")
said=$(python3 tests/lint/hints "$texts" | grep "^$texts:") && wrong+=("$rules: ${said//$texts/}")

jq -e '.title and .uid and (.panels | length > 10) and ([.panels[].id] | (unique | length) == length) and
    ([.panels[] | select(.type != "row") | .targets | length > 0] | all)' "$dashboard" >/dev/null || wrong+=("$dashboard: not a dashboard")
jq -e '[.panels[].gridPos | .x + .w <= 24] | all' "$dashboard" >/dev/null || wrong+=("$dashboard: a panel is too wide")

((${#wrong[@]} == 0)) && echo 'lint: 1 passed, 0 failed' && exit 0
printf '%s\n' "${wrong[@]}"
echo 'lint: 0 passed, 1 failed'
exit 1
