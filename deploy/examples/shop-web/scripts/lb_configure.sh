#!/bin/bash
# CONFIGURE: who is answered.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p run
echo "${lb_private:?the load balancer did not tell its address on the network \"private\"}" >run/lb
echo "load balancer at $lb_private"
