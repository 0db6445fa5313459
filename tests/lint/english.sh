#!/usr/bin/env bash
# Texts that users read avoid the words that english.py lists.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t files < <(git ls-files -- '*.c' '*.h' | grep -v '^tests/' | while read -r f; do [[ ! -f $f ]] || echo "$f"; done)
python3 tests/lint/english.py "${files[@]}"
