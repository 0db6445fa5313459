#!/usr/bin/env bash
# The client's validate, the generated schema and the server agree on every descriptor: those of tests/e2e/agree, and all
# that deploy/examples shows.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
folder=$e2e_top/tests/e2e/agree
docs=${E2E_BIN:+$E2E_BIN/../docs/proto-docs}
docs=${docs:-${O:-$e2e_top/build}/docs/proto-docs}
[[ -x $docs ]] || fail "there is no $docs; hint: make docs"
python3 -c 'import jsonschema' 2>/dev/null || fail 'no JSON Schema validator; hint: apt-get install python3-jsonschema'
scenario_open
suite_start_nfvo
eventually 120 'nfvo answers' baton status

# what the descriptors refer to
for package in "$e2e_top"/deploy/examples/*/Metadata.yaml; do
    expect "$package is there" baton package upload "$(dirname "$package")"
done
web=$suite/web
expect 'a package is made' baton package create web --dir "$web" -o name
expect 'it is there' baton package upload "$web"

mapfile -t examples < <(find "$e2e_top/deploy/examples" -name '*nsd*.json')
((${#examples[@]} > 0)) || fail 'there are no examples'
expect 'all agree' python3 "$folder/agree.py" "$suite_bin/baton" "$docs" "$folder"/{accepted,refused}/*.json "${examples[@]}"
