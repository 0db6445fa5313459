# shellcheck shell=bash
# What a scenario needs. To be sourced by tests/e2e/*.sh:
#
#   scenario_open [--own-servers]     a suite of its own: folder, virtual host, schema; servers of its own when it ends them
#   suite_start_nfvo ... and all of deploy/local/suite.sh
#   expect WHAT COMMAND...            the command succeeds, or the scenario fails, saying WHAT
#   expect_exit CODE COMMAND...       it exits so; its output is in $said
#   eventually SECONDS WHAT COMMAND.. it succeeds within the time
#
# A scenario waits for what it can see (a status, a line in a journal), never for time to pass.
set -euo pipefail

e2e_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=deploy/local/suite.sh
. "$e2e_top/deploy/local/suite.sh"
suite_name=$(basename "$0" .sh)
suite_ready_s=180 suite_stop_s=90 suite_register_s=120 # for a hang: how quick they are is asked where it matters
said=''

fail()
{
    echo "FAILED: $*" >&2
    exit 1
}

expect()
{
    local what=$1
    shift
    "$@" || fail "$what"
}

expect_exit()
{
    local wanted=$1 rc=0
    shift
    said=$("$@" 2>&1) || rc=$?
    [[ $rc == "$wanted" ]] || fail "'$*' exited with $rc, not $wanted, and said: $said"
}

expect_said()
{
    [[ $said == *"$1"* ]] || fail "'$1' is not in: $said"
}

eventually()
{
    local seconds=$1 what=$2
    shift 2
    wait_until "$seconds" "$@" || fail "not within $seconds s: $what"
}

scenario_close()
{
    local rc=$?
    trap - EXIT
    trap '' INT TERM HUP
    ((rc == 0 || rc == 77)) || suite_explain
    suite_stop_all
    if ((rc == 0)) && grep -E 'Sanitizer|runtime error|lvl=crit' "$suite"/log/*.log >&2; then
        echo 'FAILED: a process said that about itself' >&2
        rc=1
    fi
    if [[ -d $suite/servers ]]; then
        "$e2e_top/tests/support/servers" clean "$suite/servers"
    else
        suite_clean_broker
        suite_sql "drop schema if exists $suite_schema, ${suite_schema}_vnfm cascade" 2>/dev/null || true
    fi
    [[ ${KEEP-} ]] || rm -rf "$suite"
    exit "$rc"
}

scenario_open()
{
    local name=e2e_$$_$SRANDOM
    suite=$(mktemp -d /tmp/baton-e2e.XXXXXX)
    chmod 711 "$suite" # the servers' user passes through
    suite_bin=${E2E_BIN:-$(cd "${O:-$e2e_top/build}" && pwd)/bin}
    suite_vhost=/ suite_schema=$name
    suite_init
    trap scenario_close EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    if [[ ${1-} == --own-servers || -z ${OB_TEST_BROKER_HOST-} ]]; then
        "$e2e_top/tests/support/servers" start "$suite/servers" --no-fsync
        suite_take_servers "$suite/servers/env"
        suite_configure / "$name"
    else
        suite_vhost=$name
        suite_make_vhost "$name"
        suite_configure "$name" "$name"
    fi
    psql --no-psqlrc --quiet --command "create schema if not exists $name" "$OB_TEST_DB"
}

servers()
{
    "$e2e_top/tests/support/servers" "$1" "$suite/servers" "${@:2}"
}

# The catalogue that all scenarios deploy from; needs nfvo and the driver.
fill_catalogue()
{
    expect 'the PoP is registered' baton pop create "$e2e_top/deploy/examples/test-pop.json"
    expect 'the NSD is onboarded' baton nsd create "$e2e_top/deploy/examples/dummy-nsd.json"
}

start_all()
{
    suite_start_nfvo
    suite_start_driver
    suite_start_vnfm "$@"
    suite_wait_for_peers
    fill_catalogue
}

nsr_status()
{
    baton nsr show "$1" -o json 2>/dev/null | jq -r .status
}

nsr_is()
{
    [[ $(nsr_status "$1") == "$2" ]]
}

# nsr_has_vnfrs NSR N [STATUS]
nsr_has_vnfrs()
{
    baton nsr show "$1" -o json 2>/dev/null |
        jq -e --argjson n "$2" --arg s "${3-}" '[.vnfr[] | select($s == "" or .status == $s)] | length >= $n' >/dev/null
}

nsr_is_gone()
{
    local rc=0
    baton nsr show "$1" >/dev/null 2>&1 || rc=$?
    [[ $rc == 3 ]]
}

# journal_has FILE ACTION N: at least N lines of this action.
journal_has()
{
    (($(grep -c "\"action\":\"$2\"" "$suite/$1.journal" 2>/dev/null || true) >= $3))
}

delete_and_leave_nothing()
{
    local nsr
    for nsr; do
        expect "nsr $nsr is deleted" baton nsr delete "$nsr" --wait --timeout 180s
    done
    wait_until 180 suite_is_clean || fail "this is left: $(suite_leftovers)"
}

# nfvo_get PATH: status and body, without needing a client for HTTP.
nfvo_get()
{
    local socket
    exec {socket}<>"/dev/tcp/127.0.0.1/$suite_port" || return 1
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n' "$1" >&"$socket"
    tr -d '\r' <&"$socket"
    exec {socket}>&-
}
