# shellcheck shell=bash
# Processes and ports, for scripts that start servers of their own. To be sourced; defines functions only.
#
# A process is known by an identity, not by its bare pid: "pid starttime boot". After a reboot or when pids have
# wrapped around, the number may belong to somebody else, and we must neither wait for that process nor end it.

# Print the fields of /proc/PID/stat from the third on (the second, the name, may contain spaces).
process_stat()
{
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
    echo "${line##*) }"
}

# process_identity PID: print "pid starttime boot", fail when there is no such process.
process_identity()
{
    local -a stat
    local boot
    read -r -a stat < <(process_stat "$1") || return 1
    read -r boot </proc/sys/kernel/random/boot_id
    echo "$1 ${stat[19]} $boot" # field 22 of proc(5), counted from the third
}

# process_is_alive IDENTITY: is that very process there? A zombie that nobody reaps is dead to us.
process_is_alive()
{
    local -a stat
    local pid=${1%% *}
    [[ $pid ]] && [[ $(process_identity "$pid") == "$1" ]] || return 1
    read -r -a stat < <(process_stat "$pid") && [[ ${stat[0]} != [ZX] ]]
}

# process_in_folder DIR: print the identity of each process that works in this folder (zombies do not), one a line.
# Unlike the parent's pid this also finds orphans.
process_in_folder()
{
    local cwd pid
    for cwd in /proc/[0-9]*/cwd; do
        [[ $cwd -ef $1 ]] || continue
        pid=${cwd#/proc/}
        process_identity "${pid%/cwd}" || true
    done
}

# process_signal SIGNAL IDENTITY...: signal those that are still the processes we mean.
process_signal()
{
    local signal=$1 identity
    shift
    for identity in "$@"; do
        ! process_is_alive "$identity" || kill "-$signal" "${identity%% *}" 2>/dev/null || true
    done
}

# process_none_alive IDENTITY...
process_none_alive()
{
    local identity
    for identity in "$@"; do
        ! process_is_alive "$identity" || return 1
    done
}

# wait_until SECONDS COMMAND...: poll the command until it succeeds; fail at the deadline.
wait_until()
{
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < deadline)) || return 1
        sleep 0.05
    done
}

# port_inode PORT: print the socket inode that listens on this TCP port (any address), fail when none does.
port_inode()
{
    local hex table
    local -a tables=()
    printf -v hex '%04X' "$1"
    for table in /proc/net/tcp /proc/net/tcp6; do # no tcp6 where the kernel has no IPv6
        [[ ! -r $table ]] || tables+=("$table")
    done
    awk -v port="$hex" '$4 == "0A" && $2 ~ ":" port "$" { print $10; found = 1; exit } END { exit !found }' "${tables[@]}"
}

# port_belongs_to PORT PID: does this very process listen there? A connect alone could be answered by a stranger.
port_belongs_to()
{
    local inode
    inode=$(port_inode "$1") || return 1
    find "/proc/$2/fd" -lname "socket:\[$inode\]" -print -quit 2>/dev/null | grep -q .
}

# port_pick: print a TCP port on which nobody listens, below the range the kernel hands out to clients.
# Somebody may still take it before we do: whoever binds it must be ready to pick again.
port_pick()
{
    local port
    for _ in {1..200}; do
        port=$((20000 + SRANDOM % 12000))
        if ! port_inode "$port" >/dev/null; then
            echo "$port"
            return
        fi
    done
    echo "no free TCP port between 20000 and 32000" >&2
    return 1
}

# random_password: print 32 hex digits.
random_password()
{
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}
