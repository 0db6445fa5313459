#!/bin/bash
# START: measure for a second. The line "##baton set KEY VALUE" stores the value on the VNF's record, under a key that the
# VNFD names in "provides".
set -euo pipefail
cd "$(dirname "$0")"
run=$PWD/run

read -r address <"$run/servers"
until_s=$((SECONDS + 30))
# The server may not listen yet, or be busy: it measures with one client at a time. With -J iperf3 exits 0 even then.
until iperf3 -J -t 1 -c "$address" ${private:+-B "$private"} >"$run/result.json" && ! grep -q '"error":' "$run/result.json"; do
    cause=$(sed -n 's/.*"error":[[:space:]]*"\(.*\)".*/\1/p' "$run/result.json" | head -n 1)
    if ((SECONDS >= until_s)); then
        echo "no measurement with $address within 30 s: ${cause:-iperf3 failed}" >&2
        exit 1
    fi
    echo "not yet: ${cause:-iperf3 failed}"
    sleep 0.5
done
echo "measured with $address"
echo "##baton set iperf3 $(tr -d '\n\r\t' <"$run/result.json")"
