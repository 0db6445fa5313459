#!/bin/bash
# STOP and TERMINATE: nothing to do is fine.
set -euo pipefail
cd "$(dirname "$0")"
data=$(cat run/data 2>/dev/null || true)
pid=$(head -n 1 "$data/pg/postmaster.pid" 2>/dev/null || true)
[[ -n $pid ]] || { echo "does not run" && exit 0; }
kill -INT "$pid" 2>/dev/null || true
for ((i = 0; i < 100; i++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
echo "stopped"
