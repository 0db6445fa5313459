#!/usr/bin/env bash
# cppcheck over what is shipped. A finding that is none is named, with its reason, in cppcheck.suppressions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

command -v cppcheck >/dev/null || { echo 'there is no cppcheck; hint: tests/support/install-deps' && exit 1; }
rc=0
cppcheck --quiet --std=c11 -j"$(nproc)" -I. --include=tests/lint/cppcheck.h --enable=warning,performance,portability \
    --inline-suppr --error-exitcode=1 --suppress=missingIncludeSystem \
    --suppressions-list=tests/lint/cppcheck.suppressions --template='{file}:{line}: {message} [{id}]' \
    common proto nfvo vnfm-generic ems-agent vim-drivers || rc=1
echo "lint: $((1 - rc)) passed, $rc failed"
exit "$rc"
