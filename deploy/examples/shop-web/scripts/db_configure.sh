#!/bin/bash
# CONFIGURE: where the database is. Runs before this VNF is started, and again when that moves.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p run
echo "${db_private:?the database did not tell its address on the network \"private\"}" >run/db
echo "database at $db_private"
