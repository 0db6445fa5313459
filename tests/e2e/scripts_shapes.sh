#!/usr/bin/env bash
# Three VNFs in a dependency cycle, with parameters both ways; ten instances of one VDU: each script once on each.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

members=(a b c)
for i in 0 1 2; do
    me=${members[i]} source=${members[(i + 1) % 3]}
    script "$me" install.sh <<<"echo '##baton set PORT 100$i'"
    script "$me" "${source}_connect.sh" <<SH
[[ \$${source}_PORT == 100$(((i + 1) % 3)) && \$${source}_private == 127.* && \$hostname == $me-* ]]
SH
    package "$me" --requires "$source:PORT" --requires "$source:private" --provides PORT \
        INSTANTIATE:install.sh CONFIGURE:"${source}_connect.sh" START:start.sh TERMINATE:stop.sh
done
onboard cycle a b c b,a,PORT,private c,b,PORT,private a,c,PORT,private
deploy cycle ACTIVE
# What clients read of it: the steps, and what the VNFM said of its scripts, each once and in order.
want='ALLOCATE,INSTANTIATE install.sh,INSTANTIATE,CONFIGURE c.sh,CONFIGURE,START start.sh,START'
for me in "${members[@]}"; do
    got=$(baton nsr show "$nsr" -o json | jq -r --arg me "$me" '[.vnfr[] | select(.name == $me) | .lifecycle_event_history[] |
        select(.event != "GRANTED") | .event + (if .description == "" then "" else " " + (.description | sub("^[abc]_connect"; "c") | sub(" .*"; "")) end)] | join(",")')
    [[ $got == "$want" ]] || fail "the history of $me: $got"
done
for i in 0 1 2; do
    me=${members[i]} source=${members[(i + 1) % 3]}
    for file in install.sh "${source}_connect.sh" start.sh; do
        [[ $(runs "$me" "$file") == 1 ]] || fail "$file of $me ran $(runs "$me" "$file") times"
    done
done
delete_and_leave_nothing "$nsr"
for me in "${members[@]}"; do
    [[ $(runs "$me" stop.sh) == 1 ]] || fail "stop.sh of $me ran $(runs "$me" stop.sh) times"
done

package many --instances 10 INSTANTIATE:one.sh INSTANTIATE:two.sh START:three.sh TERMINATE:four.sh
onboard many many
deploy many ACTIVE
delete_and_leave_nothing "$nsr"
for file in one.sh two.sh three.sh four.sh; do
    [[ $(runs many "$file") == 10 ]] || fail "$file ran $(runs many "$file") times on ten instances"
    [[ $(sort "$suite/runs" | uniq -d | grep -c " $file\$") == 0 ]] || fail "$file ran twice on an instance"
done
