#!/bin/bash
# INSTANTIATE: is the software there? Runs once in each instance.
set -euo pipefail

command -v python3 >/dev/null || { echo "there is no python3 in the image" >&2 && exit 1; }
python3 --version
