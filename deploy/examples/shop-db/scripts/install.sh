#!/bin/bash
# INSTANTIATE: is the software there? Runs once in each instance.
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
if [[ ! -x $bin/initdb ]]; then
    echo "there is no PostgreSQL in the image: use one that has the package postgresql" >&2
    exit 1
fi
"$bin/postgres" --version
