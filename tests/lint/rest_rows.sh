#!/usr/bin/env bash
# Every row of section 2 of rest-api.md is a route: see rest_rows.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v python3 >/dev/null || { echo "there is no python3"; exit 77; }
rc=0
python3 tests/lint/rest_rows.py || rc=$?
echo "lint: $((rc == 0)) passed, $((rc != 0)) failed"
exit "$rc"
