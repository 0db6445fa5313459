#!/usr/bin/env bash
# kill -9 of nfvo, generic VNFM, local driver and agent, each within another of REMOVE_VNF, ADD_VNF, UPGRADE and RESTART: the operation
# is COMPLETED all the same, its scripts ran once, and the service is what it should be.
# KILLS=all: each process within each of them.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted
script web install.sh <<<'sleep 0.2'
package web --provides port INSTANTIATE:install.sh START:start.sh STOP:stop.sh
script client install.sh <<<'sleep 0.2'
package client --requires web:port INSTANTIATE:install.sh CONFIGURE:web_configure.sh START:start.sh STOP:stop.sh TERMINATE:gone.sh
script client gone.sh <<<'sleep 0.2'
onboard service web client web,client,port
deploy service ACTIVE
vnfd() # vnfd NAME
{
    baton vnfd list -o json | jq -r --arg n "$1" '.[] | select(.name == $n) | .id'
}
web=$(vnfd web) client=$(vnfd client)

restart() # restart PROCESS: as a service manager does, at once; an agent is started again by the loop around it
{
    local loops
    if [[ $1 == agents ]]; then
        loops=$(pgrep -d, -f "^sh -c until.*--config $suite/") || return 0
        pgrep -P "$loops" | xargs -r kill -KILL 2>/dev/null || true
        return
    fi
    suite_stop "$1" KILL
    case $1 in
    nfvo) suite_start_nfvo ;;
    vnfm-generic) suite_start_generic_vnfm ;;
    vim-driver-local) suite_start_local_driver ;;
    esac
}
completed()
{
    [[ $(baton op show "$op" -o json 2>/dev/null | jq -r .state) == COMPLETED ]]
}
said_of() { baton op show "$op" 2>&1 | tail -40; }

# killed PROCESS VNF FILE OPERATION...: when that script has begun. It runs once in each.
killed()
{
    local process=$1 vnf=$2 file=$3
    shift 3
    : >"$suite/runs"
    expect_exit 0 baton nsr "$@" -o name
    op=$said
    eventually 120 "$*: $file of $vnf has begun" ran "$vnf" "$file" 1
    restart "$process"
    wait_until 120 completed || fail "$*, kill -9 of $process: $(said_of)"
    expect "$*, kill -9 of $process: $file of $vnf ran once" test "$(runs "$vnf" "$file")" == 1
    eventually 60 "$*, kill -9 of $process: ACTIVE" nsr_is "$nsr" ACTIVE
}
all() # all PROCESSES: of a round; each operation with the next of them
{
    killed "$1" client gone.sh remove-vnf service client
    killed "$2" client install.sh add-vnf service "$client"
    killed "$3" web install.sh upgrade service web "$web"
    killed "$4" web install.sh restart service web
}
all vim-driver-local nfvo vnfm-generic agents
if [[ ${KILLS-} == all ]]; then
    all nfvo vnfm-generic agents vim-driver-local
    all vnfm-generic agents vim-driver-local nfvo
    all agents vim-driver-local nfvo vnfm-generic
fi
delete_and_leave_nothing "$nsr"
