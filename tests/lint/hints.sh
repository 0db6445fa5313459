#!/usr/bin/env bash
# Each command that a text of the programs tells people to type exists, with its options and arguments: tests/lint/hints.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v python3 >/dev/null || { echo 'there is no python3' && exit 77; }
rc=0
python3 tests/lint/hints || rc=$?
# The check itself: a command that is not there, an option, an argument, REST calls without a command are found.
broken=$(mktemp /tmp/baton-hints.XXXXXX.c)
trap 'rm -f "$broken"' EXIT
printf '%s\n' 'x("see: baton script list");' 'x("baton op list --nsr %s");' 'x("baton logs shows " "all");' '#define BASE "/api/v1/nobody"' \
    'err_hint(err, "see GET " BASE);' 'err_hint(err, "again with ?hurry=true");' 'err_hint(err, "GET /api/v1/datacenters/%s");' >"$broken"
found=$(python3 tests/lint/hints "$broken" | grep -c "^$broken:" || true)
[[ $found == 6 ]] || { echo "of 6 broken texts $found were found" && rc=1; }
((rc == 0)) && echo 'lint: 1 passed, 0 failed' || echo 'lint: 0 passed, 1 failed'
exit "$rc"
