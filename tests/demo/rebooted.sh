#!/usr/bin/env bash
# The machine was switched off and on: another boot id, every pid that was written down belongs to somebody else, what was
# in /tmp is gone.
. "$(dirname "$0")/lib.sh"
in_namespaces --mount
situation_open
deep=$work/$(printf 'deep-%.0s' {1..20})/$(printf 'deeper-%.0s' {1..20}) # so that there are sockets in /tmp
mkdir -p "$deep"
state=$deep/state
ln -s "$state" "$work/state"
first_start
remember_places
for pid in $(our_processes); do
    kill -KILL "$pid" 2>/dev/null || true
done
eventually 10 'all are dead' nothing_runs

sleep 600 &
stranger=$!
undo+=("kill $stranger")
read -r _ born _ < <(process_identity "$stranger")
cp /proc/sys/kernel/random/boot_id "$work/boot_id"
tr '0-9a-f' '1-9a-f0' <"$work/boot_id" >"$work/boot_id.new"
mount --bind "$work/boot_id.new" /proc/sys/kernel/random/boot_id
undo+=('umount /proc/sys/kernel/random/boot_id')
for file in "$state"/run/*.process "$state"/servers/*.process; do
    echo "$stranger $born $(cat "$work/boot_id")" >"$file" # the same pid, and by chance the same time after boot
done
find "$state" -name postmaster.pid -exec sed -i "1s/.*/$stranger/" {} +
for place in $(our_places); do
    [[ $place != /tmp/baton-??????/ && $place != /tmp/baton-?????? ]] || rm -rf "$place"
done

later_start
kill -0 "$stranger" || fail 'a process that is not ours was ended'
remove_and_look
kill -0 "$stranger" || fail 'a process that is not ours was ended'
