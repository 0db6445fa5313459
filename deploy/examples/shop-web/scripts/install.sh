#!/bin/bash
# INSTANTIATE: is the software there? Runs once in each instance.
set -euo pipefail

for program in python3 psql; do
    command -v "$program" >/dev/null || { echo "there is no $program in the image" >&2 && exit 1; }
done
python3 --version
