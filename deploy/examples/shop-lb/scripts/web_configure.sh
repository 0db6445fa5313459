#!/bin/bash
# CONFIGURE: one more web server. Runs once for each, and again for those that are added by a scale-out.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p run
address=${web_private:?the web server did not tell its address on the network "private"}
grep -qxF "$address" run/webs 2>/dev/null || echo "$address" >>run/webs
echo "web server at $address"
