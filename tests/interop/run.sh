#!/bin/sh
# The whole Python half: virtualenv, private broker, probe.  Arguments go to probe.py.
# Exit 77 (skip) when there is no Python package index or no RabbitMQ here.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$("$here/setup.sh")
exec "$here/private_broker.sh" "${BATON_INTEROP_PORT:-26680}" \
    "$(echo "$out" | tail -1)" "$here/probe.py" "$@"
