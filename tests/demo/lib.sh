# shellcheck shell=bash
# What a situation needs. To be sourced by tests/demo/*.sh:
#
#   situation_open                     a folder $work, a state folder $state, the tree $clone with what is built $build
#   clone_to DIR                       a clone of its own, with what is built; sets $clone and $build
#   demo LOG EXIT ARGUMENT...          run $clone/deploy/demo as "${run_with[@]}" says; it must exit so; $log is its output
#   demo_begin LOG ARGUMENT...         the same in the background, as the foreground job of a terminal: $demo_pid leads its group
#   expect_said TEXT                   it is in $log
#   all_of_it                          first start, stop, later start, remove: each looked at, and the facts for the table
#   rehearse                           demo --once, for the table too
#   nothing_runs, nothing_left         of what demos in $work started, made
#   not_here WHY                       the situation cannot be made on this machine
#
# A situation waits for what it can see (a line in a log, a process), never for time to pass.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/support/process.sh
. "$top/tests/support/process.sh"
run_with=()
demo_options=()
undo=() # commands that the end of the situation calls, last first
log='' demo_pid=''

fail()
{
    echo "FAILED: $*" >&2
    exit 1
}

not_here()
{
    echo "$*"
    exit 77
}

expect()
{
    local what=$1
    shift
    "$@" || fail "$what"
}

fact()
{
    echo "$1=$2" >>"${MATRIX_FACTS:-/dev/null}"
}

situation_close()
{
    local rc=$? i
    trap - EXIT
    trap '' INT TERM HUP
    ((rc == 0 || rc == 77)) || tail -v -n 60 "$work"/*.log 2>/dev/null || true
    if [[ $demo_pid ]]; then
        kill -TERM "$demo_pid" 2>/dev/null || true
        wait "$demo_pid" || true
    fi
    for state in "$work"/state*; do
        [[ ! -d $state ]] || "${run_with[@]}" "$clone/deploy/demo" --state "$state" remove || true
    done
    for ((i = ${#undo[@]} - 1; i >= 0; i--)); do
        eval "${undo[i]}" || true
    done
    our_processes | while read -r pid; do
        echo "killing what is left: $(process_line "$pid")"
        kill -KILL "$pid" 2>/dev/null || true
    done
    [[ ${KEEP-} ]] || rm -rf --one-file-system "$work"
    exit "$rc"
}

situation_open()
{
    work=$(mktemp -d /tmp/baton-matrix.XXXXXX)
    chmod 711 "$work" # the servers' user passes through
    state=$work/state
    clone=$top
    build=${MATRIX_BUILD:-$top/build}
    trap situation_close EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# in_namespaces OPTION...: go on in namespaces of their own; to be called first of all. Networks have a loopback there.
in_namespaces()
{
    [[ -z ${MATRIX_INSIDE-} ]] || return 0
    unshare "$@" true 2>/dev/null || not_here "unshare $* is not possible"
    MATRIX_INSIDE=1 exec unshare "$@" bash -c '! command -v ip >/dev/null || ip link set lo up; exec bash "$0"' "$0"
}

# The files under version control as they are now, and the programs, so that nothing has to be built again.
clone_to()
{
    mkdir -p "$1"
    (cd "$top" && git ls-files -z | xargs -0 ls -d 2>/dev/null | tar -c --files-from=-) | tar -x -C "$1"
    mkdir -p "$1/build"
    cp -a "$build"/{bin,lib,obj} "$1/build/"
    clone=$1
    build=$clone/build
}

demo()
{
    local wanted=$2 rc=0
    log=$work/$1.log
    shift 2
    "${run_with[@]}" "$clone/deploy/demo" --state "$state" --build "$build" "${demo_options[@]}" "$@" >"$log" 2>&1 </dev/null || rc=$?
    [[ $rc == "$wanted" ]] || fail "demo $* exited with $rc, not $wanted; see $log"
}

demo_begin()
{
    log=$work/$1.log
    shift
    : >"$log"
    env --default-signal=INT setsid "${run_with[@]}" "$clone/deploy/demo" --state "$state" --build "$build" "${demo_options[@]}" "$@" \
        >"$log" 2>&1 </dev/null &
    demo_pid=$!
}

# demo_end EXIT
demo_end()
{
    local rc=0
    wait "$demo_pid" || rc=$?
    demo_pid=''
    [[ $rc == "$1" ]] || fail "the demo exited with $rc, not $1; see $log"
}

said()
{
    grep -qF -e "$1" "$log"
}

expect_said()
{
    said "$1" || fail "'$1' is not in $log"
}

# eventually SECONDS WHAT COMMAND...
eventually()
{
    local seconds=$1 what=$2
    shift 2
    wait_until "$seconds" "$@" || fail "not within $seconds s: $what"
}

# The demo's line "Took N s, N s of them installing and building": the rest.
took()
{
    sed -n 's/^Took \([0-9.]*\) s, \([0-9.]*\) s of them .*/\1 \2/p' "$log" | tail -n 1 | awk '{ printf "%.1f", $1 - $2 }'
}

mode_said()
{
    sed -n 's/^Mode: \([a-z]*\).*/\1/p' "$log" | tail -n 1
}

# not_slower FACT SECONDS LIMIT
within()
{
    fact "$1" "$2"
    awk -v t="$2" -v limit="$3" 'BEGIN { exit !(t != "" && t + 0 <= limit) }' || fail "the $1 start took '$2' s, more than $3 s"
}

first_start()
{
    demo first 0 "$@"
    fact mode "$(mode_said)"
    within first "$(took)" 60
}

later_start()
{
    demo later 0 "$@"
    within later "$(took)" 25
}

stop_and_look()
{
    demo stop 0 stop
    nothing_runs
}

remove_and_look()
{
    demo remove 0 remove
    nothing_left
}

all_of_it()
{
    first_start
    stop_and_look
    later_start
    remove_and_look
}

rehearse()
{
    first_start --once
    expect_said 'passed, stopped and removed'
    nothing_left
}

# Everything whose command, environment, program, folder or root is in our work folder, or in one that the servers moved to.
our_processes()
{
    local process pattern
    pattern=$(our_places | paste -sd '|')
    for process in /proc/[0-9]*; do
        [[ ${process#/proc/} != "$$" && ${process#/proc/} != "$BASHPID" ]] || continue
        if { readlink "$process"/{exe,cwd,root} && tr '\0' '\n' <"$process/cmdline" && tr '\0' '\n' <"$process/environ"; } 2>/dev/null |
            grep -E -e "$pattern" >/dev/null; then # not -q: it would end the pipe early, and pipefail see that as no
            [[ $(awk '{ print $3 }' "$process/stat" 2>/dev/null || echo Z) == Z ]] || echo "${process#/proc/}"
        fi
    done
}

our_places()
{
    echo "$work/"
    sed -nE "s/^(state|socket_dir)=(\/(var\/)?tmp\/baton-.*)$/\2/p" "$work"/state*/servers/settings "$work"/places 2>/dev/null || true
}

# The servers' folders outside of the state folder, which are not to be found any more when it is removed.
remember_places()
{
    cat "$work"/state*/servers/settings 2>/dev/null | grep -E '^(state|socket_dir)=' >>"$work/places" || true
}

process_line()
{
    echo "pid $1: $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | cut -c 1-160)"
}

nothing_runs()
{
    local pid left=''
    for pid in $(our_processes); do
        left+=$'\n'"  $(process_line "$pid")"
    done
    [[ -z $left ]] || fail "this still runs:$left"
}

nothing_left()
{
    local place
    nothing_runs
    [[ ! -e $state ]] || fail "'$state' is still there: $(ls -A "$state")"
    for place in $(our_places); do
        [[ $place == "$work/" || ! -e $place ]] || compgen -G "$work/state*" >/dev/null || fail "'$place' is still there"
    done
    ! awk '{ print $5 }' /proc/self/mountinfo | grep -F "$state/" || fail 'these mounts are left'
}

# make_user: a user of its own, not root, with a home folder: $user, $home.
make_user()
{
    user=baton-m$((SRANDOM % 100000))
    home=$work/home
    useradd --no-log-init --user-group --create-home --home-dir "$home" --shell /bin/bash "$user" || not_here 'no user can be made'
    undo+=("userdel $user")
}

# take_port ADDRESS PORT: somebody else listens there.
take_port()
{
    perl -MIO::Socket::INET -e \
        '$s = IO::Socket::INET->new(LocalAddr => $ARGV[0], LocalPort => $ARGV[1], Listen => 1, ReuseAddr => 1) or die "$!"; sleep' "$@" &
    undo+=("kill $!")
    eventually 10 "port $2 is taken" port_inode "$2" >/dev/null
}
