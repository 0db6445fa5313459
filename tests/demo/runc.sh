#!/usr/bin/env bash
# Containers on a bridge, as root on a kernel that allows them.
. "$(dirname "$0")/lib.sh"
situation_open
demo_options+=(--mode runc)
all_of_it
