#!/usr/bin/env bash
# kill -9 of each process at each step of a deployment and of its deletion: every script ran once, or the record says that
# nobody can tell.
# PROCESSES=agents: only theirs.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

script server install.sh <<<'sleep 0.1; echo "##baton set PORT 5201"'
script server start.sh <<<'sleep 0.1'
package server --provides PORT INSTANTIATE:install.sh START:start.sh TERMINATE:stop.sh
script client server_connect.sh <<<'sleep 0.1; [[ $server_PORT == 5201 ]]'
package client --requires server:PORT INSTANTIATE:install.sh CONFIGURE:server_connect.sh START:start.sh TERMINATE:stop.sh
onboard pair server client server,client,PORT

did()
{
    (($(wc -l <"$suite/runs") >= $1))
}

# The agents of all instances; the runners of their scripts look like them but are nobody's children.
agents()
{
    local loops
    loops=$(pgrep -d, -f "^sh -c until.*--config $suite/") && pgrep -P "$loops" || true
}

# restart PROCESS: the way a service manager does, at once. In plain mode an agent's own loop starts it again.
restart()
{
    local pid
    if [[ $1 == agents ]]; then
        for pid in $(agents); do
            kill -KILL "$pid" 2>/dev/null || true
        done
        return
    fi
    suite_stop "$1" KILL
    case $1 in
    nfvo) suite_start_nfvo ;;
    vnfm-generic) suite_start_generic_vnfm ;;
    vim-driver-local) suite_start_local_driver ;;
    esac
}

once_each()
{
    local vnf file
    for file in server:install.sh server:start.sh client:install.sh client:server_connect.sh client:start.sh "$@"; do
        vnf=${file%%:*} file=${file#*:}
        [[ $(runs "$vnf" "$file") == 1 ]] || fail "$what: $file of $vnf ran $(runs "$vnf" "$file") times"
    done
}

steps=5 gone_steps=2 # scripts of the deployment, and of the deletion
for process in ${PROCESSES-nfvo vnfm-generic vim-driver-local agents}; do
    for ((step = 0; step <= steps; step++)); do
        what="kill -9 of $process after script $step"
        : >"$suite/runs"
        nsr=$(baton nsr create pair -o name)
        eventually 120 "$what: so far" did "$step"
        restart "$process"
        eventually 120 "$what: ACTIVE" nsr_is "$nsr" ACTIVE
        once_each
        if ((step <= gone_steps)); then
            what="kill -9 of $process in the deletion, after script $step"
            expect 'the deletion is accepted' baton nsr delete "$nsr"
            eventually 120 "$what: so far" did $((steps + step))
            restart "$process"
            eventually 120 "$what: gone" nsr_is_gone "$nsr"
            wait_until 180 suite_is_clean || fail "$what: this is left: $(suite_leftovers)"
            once_each server:stop.sh client:stop.sh
        else
            delete_and_leave_nothing "$nsr"
        fi
    done
done

# An agent that dies with its runner: nobody can tell, and nobody tries again.
what='kill -9 of an agent and its runner'
: >"$suite/runs"
script doubtful long.sh <<<'sleep 60'
package doubtful INSTANTIATE:long.sh
onboard doubtful doubtful
nsr=$(baton nsr create doubtful -o name)
eventually 120 "$what: the script runs" did 1
for pid in $(pgrep -f "^ems-agent --config $suite/"); do
    kill -KILL "$pid" 2>/dev/null || true
done
eventually 120 "$what: ERROR" nsr_is "$nsr" ERROR
expect_exit 0 baton nsr show "$nsr"
expect_said "is not known"
expect_said long.sh
[[ $(runs doubtful long.sh) == 1 ]] || fail "$what: the script ran again"
delete_and_leave_nothing "$nsr"
