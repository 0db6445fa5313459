#!/bin/bash
# STOP and TERMINATE: end the server, at once if it does not go by itself. Nothing to do is fine.
set -euo pipefail
cd "$(dirname "$0")"
run=$PWD/run

pid=$(tr -dc 0-9 2>/dev/null <"$run/iperf3.pid" || true)
is_running()
{
    [[ $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == iperf3 ]]
}

if is_running; then
    kill "$pid"
    for ((i = 0; i < 30; i++)); do
        is_running || break
        sleep 0.1
    done
    ! is_running || kill -9 "$pid"
    echo "stopped, it was pid $pid"
else
    echo "does not run"
fi
rm -f "$run/iperf3.pid"
