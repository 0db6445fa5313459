#!/bin/bash
# CONFIGURE: which web server may connect. The name begins with "web_", the type of the VNF that this one depends on: it runs once
# for each of its instances. More of them come when the web servers are scaled out: it runs again then, and PostgreSQL reads its
# rules anew.
set -euo pipefail
cd "$(dirname "$0")"
run=$PWD/run

address=${web_private:?the web server did not tell its address on the network "private"}
mkdir -p "$run"
grep -qxF "$address" "$run/webs" 2>/dev/null || echo "$address" >>"$run/webs"
[[ ! -x $run/reload ]] || "$run/reload"
echo "web server $address may connect"
