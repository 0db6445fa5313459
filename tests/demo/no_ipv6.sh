#!/usr/bin/env bash
# A kernel without IPv6.
. "$(dirname "$0")/lib.sh"
in_namespaces --net --mount
situation_open
[[ ! -e /proc/sys/net/ipv6 ]] || echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
[[ ! -e /proc/net/tcp6 ]] || mount --bind /dev/null /proc/net/tcp6
! ip -6 address show dev lo | grep -q inet6 || not_here 'IPv6 cannot be switched off here'
all_of_it
