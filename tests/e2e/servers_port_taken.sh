#!/usr/bin/env bash
# tests/support/servers: the broker's port mapper finds its port taken by a stranger when it starts again. It once gave up.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/support/process.sh
. "$top/tests/support/process.sh"
work=$(mktemp -d /tmp/baton-e2e.XXXXXX)
chmod 711 "$work" # the servers' user passes through
stranger=''

finish()
{
    [[ ! $stranger ]] || kill "$stranger" 2>/dev/null || true
    "$top/tests/support/servers" clean "$work/servers" || true
    rm -rf "$work"
}
trap finish EXIT

setting() { sed -n "s/^$1=//p" "$work/servers/settings"; }

"$top/tests/support/servers" start "$work/servers" --no-fsync
port=$(setting epmd_port)
"$top/tests/support/servers" kill "$work/servers" broker
epmd=$(cat "$work/servers/epmd.process")
process_signal KILL "$epmd"
wait_until 180 process_none_alive "$epmd"

python3 -c '
import socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); time.sleep(600)' "$port" &
stranger=$!
taken() { port_inode "$port" >/dev/null; }
wait_until 180 taken

"$top/tests/support/servers" restart "$work/servers" broker
[[ $(setting epmd_port) != "$port" ]] || { echo "FAILED: the port mapper kept the port that is taken" && exit 1; }
"$top/tests/support/servers" status "$work/servers"
kill -0 "$stranger" || { echo 'FAILED: the stranger was ended' && exit 1; }
