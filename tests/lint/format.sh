#!/usr/bin/env bash
# C sources look as clang-format 14 writes them ("make fmt"). Only tracked files: a work in progress may be untidy.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if ! command -v clang-format-14 >/dev/null; then
    echo "clang-format-14 is not installed; hint: tests/support/install-deps"
    exit 77
fi
mapfile -t files < <(git ls-files '*.c' '*.h' | while read -r f; do [[ ! -f $f ]] || echo "$f"; done)
untidy=()
if [[ ${#files[@]} -gt 0 ]] && ! clang-format-14 --dry-run -Werror "${files[@]}" 2>/dev/null; then
    for file in "${files[@]}"; do
        clang-format-14 --dry-run -Werror "$file" 2>/dev/null || untidy+=("$file")
    done
fi
if [[ ${#untidy[@]} -gt 0 ]]; then
    printf '%s: not formatted\n' "${untidy[@]}"
    echo "hint: clang-format-14 -i ${untidy[*]}"
    echo "lint: 0 passed, 1 failed"
    exit 1
fi
echo "lint: 1 passed, 0 failed"
