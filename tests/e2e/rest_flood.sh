#!/usr/bin/env bash
# One address floods the REST interface, without a login and with one; an honest client beside it, from another address,
# keeps at least half of its rate, and nothing of what the flood sent is kept.
# Runs alone: it compares rates with and without a flood.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
expect 'admin is logged in' baton nsd list
expect 'the honest client keeps half of its rate' python3 "$(dirname "$0")/rest_flood.py" "$suite_port" "$BATON_USER" \
    "$BATON_PASSWORD" "$(suite_identity nfvo | cut -d" " -f1)"
