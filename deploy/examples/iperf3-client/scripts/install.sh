#!/bin/bash
# INSTANTIATE: make sure that the software is there. Runs once in each instance.
set -euo pipefail

if ! command -v iperf3 >/dev/null; then
    echo "iperf3 is not in the image, installing it"
    if ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y iperf3; }; then
        echo "iperf3 is neither in the image nor can it be installed: use an image that has it" >&2
        exit 1
    fi
fi
iperf3 --version | head -n 1
