#!/usr/bin/env bash
# What comments, texts and pages cite is there: see citations.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
command -v python3 >/dev/null || { echo "there is no python3"; exit 77; }
git rev-parse --git-dir >/dev/null 2>&1 || { echo "there is no git"; exit 77; }
git ls-files --cached --others --exclude-standard -z -- '*.[ch]' '*.md' '*.py' '*.sh' '*.sql' '*.mk' '*.conf' '*/run' 'Makefile' |
    xargs -0 python3 tests/lint/citations.py
