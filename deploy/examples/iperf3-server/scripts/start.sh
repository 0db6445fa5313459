#!/bin/bash
# START: run the server on the instance's own address, and return when it listens.
# $private is the address on the network of that name.
set -euo pipefail
cd "$(dirname "$0")"
run=$PWD/run # beside the scripts: several instances may share a machine

address=${private:?this VNF needs an address on the network "private"}
mkdir -p "$run"

pid=$(tr -dc 0-9 2>/dev/null <"$run/iperf3.pid" || true)
if [[ $pid && $(cat "/proc/$pid/comm" 2>/dev/null) == iperf3 ]]; then
    echo "runs already, pid $pid"
    exit 0
fi

rm -f "$run/iperf3.log" "$run/iperf3.pid"
iperf3 -s -D -B "$address" -I "$run/iperf3.pid" --logfile "$run/iperf3.log" --forceflush

for ((i = 0; i < 100; i++)); do
    if grep -q 'Server listening' "$run/iperf3.log" 2>/dev/null; then
        echo "listens on $address port 5201, pid $(tr -dc 0-9 <"$run/iperf3.pid")"
        exit 0
    fi
    sleep 0.1
done
echo "iperf3 does not listen on $address after 10 s:" >&2
cat "$run/iperf3.log" >&2 || true
exit 1
