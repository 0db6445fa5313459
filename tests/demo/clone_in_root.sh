#!/usr/bin/env bash
# The clone is in /root, which nobody else may enter; fresh out of version control, so everything is built.
. "$(dirname "$0")/lib.sh"
in_namespaces --mount
situation_open
mount -t tmpfs -o mode=0700 none /root
export HOME=/root
mkdir /root/.ccache
clone_to /root/baton
rm -rf "$build"
run_with=(env HOME=/root)
state=/root/.local/state/baton-demo
ln -s "$state" "$work/state"
all_of_it
