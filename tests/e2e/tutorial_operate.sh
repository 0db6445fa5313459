#!/usr/bin/env bash
# deploy/tutorials/operate-a-service.md is typed as it stands: each line behind "$ ", on real processes. One that fails as the text says
# ends with "# exits with N".
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
package web --instances 1 --max 3 --provides port INSTANTIATE:install.sh START:start.sh STOP:stop.sh UPDATE:update.sh HEAL:check.sh
printf 'echo "the licence is missing" >&2\nexit 4\n' >>"$suite/packages/web/scripts/update.sh"
package client --requires web:port INSTANTIATE:install.sh CONFIGURE:web_configure.sh START:start.sh
start_scripted
onboard shop web client web,client,port
cp -r "$suite/packages/web" "$suite/packages/web2" # the release that cannot be installed
sed -i 's/"1.0"/"2.0"/' "$suite/packages/web2/Metadata.yaml"
jq '.version = "2.0"' "$suite/packages/web/vnfd.json" >"$suite/packages/web2/vnfd.json"
printf 'echo "no room for release 2" >&2\nexit 5\n' >>"$suite/packages/web2/scripts/install.sh"
expect 'the second release is uploaded' baton package upload "$suite/packages/web2"
cd "$suite"
printf '#!/bin/bash\necho updated\n' >update.sh

typed=0
while IFS= read -r line; do
    wanted=0
    [[ $line != *'# exits with '* ]] || wanted=${line##*# exits with }
    [[ -z ${SHOW-} ]] || echo "\$ $line"
    rc=0
    said=$(eval "$line" 2>&1) || rc=$?
    [[ -z ${SHOW-} ]] || echo "$said"
    [[ $rc == "$wanted" ]] || fail "'$line' exited with $rc, not $wanted, and said: $said"
    typed=$((typed + 1))
done < <(sed -n 's/^\$ //p' "$e2e_top/deploy/tutorials/operate-a-service.md")
expect "lines were typed ($typed)" test "$typed" -ge 12
wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
