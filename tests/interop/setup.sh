#!/bin/sh
# Makes the virtualenv in which the unmodified Python peers run.  Idempotent and quiet when there
# is nothing to do; prints the interpreter's path on the last line.
#
#   BATON_INTEROP_VENV   where the virtualenv goes (default build/interop-venv)
#   exit 0  ready    77  cannot be made here (no python3-venv, no package index): skip, loudly
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${BATON_INTEROP_VENV:-$root/build/interop-venv}
want=$here/requirements.txt
stamp=$venv/baton-requirements.txt

skip()
{
    echo "interop/setup.sh: SKIP: $1" >&2
    exit 77
}

# What this does not do: pika 0.13 still needs a name that Python 3.10 removed.  The peers restore
# it from outside (peers/stdlib_compat.py).
#
# "Unmodified" is a claim that every test here rests on, so it is checked on each run: every file
# of the SDKs and of pika must have the hash that its own wheel recorded.
verify()
{
    "$venv/bin/python" - <<'PY'
import base64, hashlib, importlib.metadata as metadata, sys
for name in ("python-vnfm-sdk", "python-plugin-sdk", "pika", "openbaton-cli"):
    for entry in metadata.files(name):
        # Both SDKs also install a top-level "tests", each over the other's: not theirs to check.
        if entry.hash is None or entry.parts[0] not in ("openbaton", "org", "pika"):
            continue
        digest = hashlib.new(entry.hash.mode, entry.read_binary()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != entry.hash.value:
            sys.exit("interop/setup.sh: %s of %s was modified" % (entry, name))
PY
}

if ! cmp -s "$want" "$stamp"; then
    command -v python3 >/dev/null || skip "no python3"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    mkdir -p "$(dirname "$venv")"
    python3 -m venv --clear "$venv" >"$log" 2>&1 ||
        { cat "$log" >&2; skip "python3 -m venv failed (package python3-venv?)"; }
    if ! "$venv/bin/pip" --disable-pip-version-check install --retries 2 --timeout 15 \
         --no-deps --require-hashes -r "$want" >"$log" 2>&1; then
        cat "$log" >&2
        # Only an index that cannot be reached is a reason to skip; a wrong hash or a
        # withdrawn version is a failure.
        grep -Eq 'Retrying|NewConnectionError|Temporary failure|ReadTimeout|ProxyError' "$log" &&
            skip "the Python package index cannot be reached"
        exit 1
    fi
    cp "$want" "$stamp"
fi

verify
echo "$venv/bin/python"
