#!/bin/bash
# TERMINATE: leave nothing behind.
set -euo pipefail
cd "$(dirname "$0")"
rm -rf run
echo "cleaned"
