#!/usr/bin/env bash
# Too little memory or disk: said before anything is done. 2 GiB are enough.
. "$(dirname "$0")/lib.sh"
in_namespaces --mount
situation_open
memory_is()
{
    sed -E "s/^(MemTotal|MemAvailable): .*/\1: $1 kB/" "$work/meminfo" >"$work/meminfo.fake"
    mount --bind "$work/meminfo.fake" /proc/meminfo
}
cp /proc/meminfo "$work/meminfo"
memory_is 900000
demo memory 1
expect_said 'GiB of memory'
nothing_left
umount /proc/meminfo

mkdir "$state"
mount -t tmpfs -o size=100m none "$state"
demo disk 1
expect_said 'GiB free'
umount "$state"
rmdir "$state"
nothing_left

memory_is 1990000
rehearse
umount /proc/meminfo
