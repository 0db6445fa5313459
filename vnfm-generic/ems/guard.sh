#!/bin/bash
# baton-guard.sh ID SCRIPT [ARGUMENT...]: run a script of this folder at most once per ID. The VNFM puts this in front of
# scripts where the agent keeps no journal: a command whose answer was lost is sent again with the same ID, waits for the
# run that goes on, or gets what it left. Ends as the script did; 125 and a last line "##baton unknown" when the host was
# started anew in the middle, so that nobody can tell how it ended.
id=$1 script=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
entry=${BATON_JOURNAL:-/var/lib/openbaton/guard}/$id
boot=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)
mkdir -p "${entry%/*}" || exit 126

if mkdir "$entry" 2>/dev/null; then
    # The latest 200 are remembered.
    (cd "${entry%/*}" && ls -t | tail -n +201 | while read -r old; do [ -e "$old/exit" ] && rm -rf "./$old"; done)
    printf '%s' "$boot" >"$entry/boot"
    # Apart from the agent, whose end must not be the script's.
    entry=$entry here=$here script=$script setsid bash -c '
        case $script in
        *.py*) "$here/$script" "$@" ;;
        *) /bin/bash "$here/$script" "$@" ;;
        esac >"$entry/out" 2>"$entry/err" </dev/null
        echo $? >"$entry/exit.new"
        sync "$entry/exit.new" "$entry/out" "$entry/err" 2>/dev/null
        mv "$entry/exit.new" "$entry/exit"' "$script" "$@" &
fi
while [ ! -e "$entry/exit" ]; do
    if [ -s "$entry/boot" ] && [ "$(cat "$entry/boot")" != "$boot" ]; then
        cat "$entry/out" 2>/dev/null
        echo "the host was started anew while $script ran" >&2
        echo "##baton unknown" >&2
        exit 125
    fi
    sleep 0.1
done
cat "$entry/out"
cat "$entry/err" >&2
exit "$(cat "$entry/exit")"
