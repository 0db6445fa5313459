#!/usr/bin/env bash
# Somebody else took every port that the demo had chosen, while it was stopped.
. "$(dirname "$0")/lib.sh"
situation_open
first_start
demo stop 0 stop
taken=()
for port in $(sed -nE 's/^[a-z_]*port=([0-9]+)$/\1/p' "$state/settings" "$state/servers/settings"); do
    take_port 127.0.0.1 "$port"
    taken+=("$port")
done
((${#taken[@]} >= 5)) || fail "only these ports were chosen: ${taken[*]}"
later_start
remove_and_look
