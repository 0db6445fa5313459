#!/usr/bin/env bash
# No new circles of source files: see circles.py. Those that were there when this check began, and are not open yet, are in
# tests/lint/circles.known, a list that only shrinks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
make --no-print-directory O="${O:-build}" all >/dev/null
python3 tests/lint/circles.py "${O:-build}/obj" tests/lint/circles.known
