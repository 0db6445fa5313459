#!/usr/bin/env bash
# The dashboard in a real browser, in short: a login, a deployment with its events, a second tab, a lost connection, dead letters. All of
# it: make ui.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
if ! command -v chromium >/dev/null || ! command -v chromedriver >/dev/null; then
    echo 'there is no chromium or no chromedriver; hint: tests/support/install-deps --ui'
    exit 77
fi
scenario_open
start_all
export UI_OUT=$suite UI_AXE=/nonexistent UI_BATON=$suite_bin/baton UI_DB=$OB_TEST_DB UI_SCHEMA=$suite_schema UI_VHOST=$suite_vhost
expect 'the dashboard does what it says' python3 "$e2e_top/tests/ui/scenarios.py" login_is_refused deploy_from second_tab lost_connection dead_letters >&2
