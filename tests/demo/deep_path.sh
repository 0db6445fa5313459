#!/usr/bin/env bash
# Clone and state are so deep that a socket's path would not fit, and have a space in their names.
. "$(dirname "$0")/lib.sh"
situation_open
chmod 755 "$work"
deep="$work/a folder/$(printf 'deep-%.0s' {1..20})/$(printf 'deeper-%.0s' {1..20})"
clone_to "$deep/baton"
state="$deep/my state"
mkdir -p "$state"
ln -s "$state" "$work/state"
all_of_it
