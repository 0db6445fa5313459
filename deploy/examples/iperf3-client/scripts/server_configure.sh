#!/bin/bash
# CONFIGURE: remember where the server is. The name begins with "server_", the type of the VNF that this one depends on:
# such a script runs once for each of its instances, and finds what that provides in $server_<parameter>.
set -euo pipefail
cd "$(dirname "$0")"
run=$PWD/run # beside the scripts: several instances may share a machine

address=${server_private:?the server did not tell its address on the network "private"}
mkdir -p "$run"
grep -qxF "$address" "$run/servers" 2>/dev/null || echo "$address" >>"$run/servers"
echo "server at $address"
