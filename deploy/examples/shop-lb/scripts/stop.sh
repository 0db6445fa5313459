#!/bin/bash
# STOP and TERMINATE: nothing to do is fine.
set -euo pipefail
cd "$(dirname "$0")"
pid=$(cat run/pid 2>/dev/null || true)
if [[ $pid ]] && grep -qa serve.py "/proc/$pid/cmdline" 2>/dev/null; then
    kill "$pid"
    echo "stopped, it was pid $pid"
else
    echo "does not run"
fi
rm -f run/pid
