#!/usr/bin/env bash
# No two object files of our libraries may define the same global name: from static libraries the linker silently takes the first one it
# finds, so a handler once called another module's function of the same name, and crashed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
out=${O:-build}/lib
make --no-print-directory O="${O:-build}" all >/dev/null
twice=$(nm --defined-only --extern-only "$out"/*.a 2>/dev/null | awk 'NF == 3 && $2 ~ /^[TDBR]$/ { print $3 }' | sort | uniq -d)
if [ -n "$twice" ]; then
    printf 'defined twice: %s\n' $twice
    exit 1
fi
