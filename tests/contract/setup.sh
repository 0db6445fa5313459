#!/bin/sh
# Makes the virtualenv with the validators and the generator of clients (requirements.txt), and fetches the JSON Schema of
# AsyncAPI 3.  Idempotent and quiet when there is nothing to do; prints the interpreter's path on the last line.
#
#   BATON_CONTRACT_VENV   where the virtualenv goes (default build/contract-venv)
#   exit 0  ready    77  cannot be made here (another Python, no package index): skip, loudly
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${BATON_CONTRACT_VENV:-$root/build/contract-venv}
want=$here/requirements.txt
stamp=$venv/baton-requirements.txt
specs=@asyncapi/specs@6.11.1
specs_sha256=01af8744dc33c0c7eb2e908f6a955319ee58b70ecadc9387d1aeb16c0cd28928

skip()
{
    echo "contract/setup.sh: SKIP: $1" >&2
    exit 77
}

if ! cmp -s "$want" "$stamp"; then
    command -v python3 >/dev/null || skip "no python3"
    python3 -c 'import platform, sys; sys.exit(sys.version_info[:2] != (3, 11) or platform.machine() != "x86_64")' ||
        skip "requirements.txt is for Python 3.11 on x86_64"
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    mkdir -p "$(dirname "$venv")"
    python3 -m venv --clear "$venv" >"$log" 2>&1 ||
        { cat "$log" >&2; skip "python3 -m venv failed (package python3-venv?)"; }
    if ! "$venv/bin/pip" --disable-pip-version-check install --retries 2 --timeout 15 \
         --no-deps --require-hashes -r "$want" >"$log" 2>&1; then
        cat "$log" >&2
        # Only an index that cannot be reached is a reason to skip; a wrong hash or a withdrawn version is a failure.
        grep -Eq 'Retrying|NewConnectionError|Temporary failure|ReadTimeout|ProxyError' "$log" &&
            skip "the Python package index cannot be reached"
        exit 1
    fi
    cp "$want" "$stamp"
fi
# The form of AsyncAPI 3 is not among the Python packages. Without npm, or its registry, the document is compared with less, and
# check.py says so.
form=$venv/asyncapi-3.0.0.json
if [ ! -s "$form" ]; then
    if command -v npm >/dev/null && (cd "$venv" && npm pack --silent "$specs" >/dev/null 2>&1); then
        package=$(echo "$venv"/asyncapi-specs-*.tgz)
        echo "$specs_sha256  $package" | sha256sum --check --quiet >&2
        tar xzOf "$package" 'package/schemas/3.0.0-without-$id.json' >"$form.new" && mv "$form.new" "$form"
        rm -f "$package"
    else
        echo "contract/setup.sh: there is no npm, or its registry cannot be reached: no schema of AsyncAPI" >&2
    fi
fi
echo "$venv/bin/python"
