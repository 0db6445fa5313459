# shellcheck shell=bash
# The suite out of a build folder, with a private broker and database: what ./deploy/demo and tests/e2e share.
# To be sourced; defines functions only. State folder $suite:
#
#   servers/      tests/support/servers        log/NAME.log        what each process says
#   NAME.conf     its options (0600)           run/NAME.process    its identity: tests/support/process.sh
#   NAME.password of its account on the broker (0600), which is enrolled before its first start: a room of its own
#   peer.conf     the broker, for VNFMs and drivers of others, where registration is open
#   baton.env     BATON_URL, BATON_USER, BATON_PASSWORD for the client; to be sourced
#
# Set before: suite (absolute, exists), suite_bin (folder of the programs). A process is ready when it says so itself
# on --ready-fd, so nothing is taken for it that listens on the same port.
#
# Clouds to choose from: the test driver with the dummy VNFM (book-keeping only, no processes), and with the generic VNFM (instances
# that run scripts) the local driver (suite_choose_mode comes before suite_configure then) or the Docker driver (suite_start_engine does),
# whose engine is the suite's own, in $suite/engine: tests/support/docker-engine.

suite_top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/support/process.sh
. "$suite_top/tests/support/process.sh"
suite_ready_s=60
suite_stop_s=20
suite_register_s=30

suite_say()
{
    echo "${suite_name:-suite}: $*" >&2
}

suite_init()
{
    mkdir -p "$suite"/{log,run}
    chmod 700 "$suite/run"
}

suite_identity()
{
    [[ ! -s $suite/run/$1.process ]] || cat "$suite/run/$1.process"
}

suite_runs()
{
    process_is_alive "$(suite_identity "$1")"
}

# suite_names: the processes that run, in the order of their start.
suite_names()
{
    local file name
    for file in $(ls -tr "$suite"/run/*.process 2>/dev/null); do
        name=$(basename "$file" .process)
        ! suite_runs "$name" || echo "$name"
    done
}

# suite_start NAME PROGRAM OPTION...: start it in a session of its own, and return when it is ready.
suite_start()
{
    local name=$1 fifo=$suite/run/$1.ready ready line='' part='' pid deadline rc=0
    shift
    ! suite_runs "$name" || return 0
    rm -f "$fifo"
    mkfifo "$fifo"
    exec {ready}<>"$fifo" # both ways: opening does not wait
    (
        exec {ready}>&-
        [[ -z ${suite_lock-} ]] || exec {suite_lock}>&- # or the lock would live as long as the process
        exec setsid "$suite_bin/$1" --ready-fd 3 "${@:2}" 3>"$fifo" </dev/null >>"$suite/log/$name.log" 2>&1
    ) &
    pid=$!
    process_identity "$pid" >"$suite/run/$name.process" || true
    deadline=$((SECONDS + suite_ready_s))
    while ((SECONDS < deadline)) && suite_runs "$name"; do
        # A read that times out in the middle of the line has its first part.
        if read -r -t 0.2 -u "$ready" part; then
            line+=$part
            break
        fi
        line+=$part
    done
    exec {ready}>&-
    rm -f "$fifo"
    if [[ $line == "ready $pid" ]]; then
        disown "$pid"
        return
    elif suite_runs "$name"; then
        suite_say "$name is not ready after $suite_ready_s s; its last lines ($suite/log/$name.log):"
    else
        wait "$pid" || rc=$?
        suite_say "$name ended while it started, exit status $rc; its last lines ($suite/log/$name.log):"
    fi
    tail -n 12 "$suite/log/$name.log" >&2
    return 1
}

# suite_stop NAME [SIGNAL]: and wait until it has ended.
suite_stop()
{
    local identity
    identity=$(suite_identity "$1")
    [[ $identity ]] || return 0
    process_signal "${2:-TERM}" "$identity"
    if ! wait_until "$suite_stop_s" process_none_alive "$identity"; then
        suite_say "$1 did not stop within $suite_stop_s s, killing it"
        process_signal KILL "$identity"
        wait_until 10 process_none_alive "$identity" || suite_say "$1 cannot be killed"
    fi
    rm -f "$suite/run/$1.process"
}

suite_stop_all()
{
    local name
    for name in $(suite_names | tac); do
        suite_stop "$name"
    done
    suite_stop_instances
}

# Instances outlive their driver, which finds them again; they end here.
suite_stop_instances()
{
    [[ ! -d $suite/engine ]] || "$suite_top/tests/support/docker-engine" stop "$suite/engine"
    [[ -d $suite/cloud ]] || return 0
    "$suite_bin/vim-driver-local" --clean --state-dir "$suite/cloud" >>"$suite/log/vim-driver-local.log" 2>&1 || {
        suite_say "the instances could not be removed; last lines of $suite/log/vim-driver-local.log:"
        tail -n 5 "$suite/log/vim-driver-local.log" >&2
        return 1
    }
}

# suite_take_servers ENVFILE: read OB_TEST_* of servers that run.
suite_take_servers()
{
    set -a
    # shellcheck disable=SC1090
    . "$1"
    set +a
}

# suite_choose_mode auto|runc|plain: what the local driver's instances will be: $suite_mode, $suite_mode_why.
suite_choose_mode()
{
    local answer
    answer=$("$suite_bin/vim-driver-local" --probe-mode --state-dir "$suite/cloud" 2>>"$suite/log/vim-driver-local.log")
    suite_mode=${answer%% *} suite_mode_why=${answer#* }
    if [[ $1 == runc && $suite_mode != runc ]]; then
        suite_say "mode runc is not possible here: $suite_mode_why"
        return 1
    elif [[ $1 == plain ]]; then
        suite_mode=plain suite_mode_why='as it was asked for'
    fi
}

# suite_start_engine [PROGRAM...]: a Docker engine with the image "host", which has these programs. Exit status 77: none can run here.
suite_start_engine()
{
    local rc=0
    suite_mode=docker
    "$suite_top/tests/support/docker-engine" start "$suite/engine" --relay "$OB_TEST_BROKER_PORT" >"$suite/log/engine-start.log" || rc=$?
    ((rc == 0)) || { cat "$suite/log/engine-start.log" && return "$rc"; }
    "$suite_top/tests/support/docker-engine" image "$suite/engine" host:latest "$@"
}

# The broker as instances see it.
suite_public_host()
{
    case ${suite_mode-} in
    runc | docker) echo 169.254.77.1 ;; # the driver's relay, or the engine's
    *) echo "$OB_TEST_BROKER_HOST" ;;
    esac
}

# The password is made once; the port is kept as long as nobody else takes it while we do not run.
suite_load_settings()
{
    local suite_port_was=''
    # shellcheck disable=SC1091
    if [[ -s $suite/settings ]]; then
        . "$suite/settings"
        suite_port_was=$suite_port
        suite_runs nfvo || ! port_inode "$suite_port" >/dev/null || suite_port=$(port_pick)
    else
        suite_port=$(port_pick) suite_password=$(random_password)
    fi
    [[ $suite_port == "$suite_port_was" ]] ||
        (umask 077 && printf 'suite_port=%q\nsuite_password=%q\n' "$suite_port" "$suite_password" >"$suite/settings")
}

# suite_make_vhost NAME: an empty virtual host that nfvo may use.
suite_make_vhost()
{
    broker_call PUT "/api/vhosts/$1" && broker_call PUT "/api/permissions/$1/$OB_TEST_BROKER_USER" '{"configure":".*","write":".*","read":".*"}'
}

# Accounts belong to no virtual host: those of another suite on this broker have other names.
suite_account()
{
    [[ $suite_vhost == / || $suite_vhost == baton ]] && echo "$1" || echo "$suite_vhost.$1"
}

# suite_room NAME: the virtual host of a process of ours; suite_room '': how those of this suite begin.
suite_room()
{
    [[ $suite_vhost == / ]] && echo "baton.$1" || echo "$suite_vhost.$1"
}

# suite_room_in_url NAME: as part of a path of the management API.
suite_room_in_url()
{
    suite_room "$1"
}

# suite_enrol NAME KIND TYPE: an account for a process of ours, in a room of its own, once; nfvo need not run.
suite_enrol()
{
    [[ ! -s $suite/$1.password ]] || return 0
    "$suite_bin/nfvo" --config "$suite/nfvo.conf" --enrol "$(suite_account "$1")" --kind "$2" --type "$3" --room "$(suite_room "$1")" \
        --password-file "$suite/$1.password" </dev/null >>"$suite/log/enrol.log" 2>&1 || {
        suite_say "$1 cannot be enrolled; the last lines of $suite/log/enrol.log:"
        tail -n 5 "$suite/log/enrol.log" >&2
        return 1
    }
}

# suite_configure VHOST SCHEMA [OPEN]: write the options of all processes, with ports that are free now and kept from then on.
# VHOST exists. OPEN: a virtual host where any VNFM or driver may register; without it registration is closed.
suite_configure()
{
    suite_vhost=$1 suite_schema=$2
    suite_agents_vhost=baton-agents
    [[ $suite_vhost == / || $suite_vhost == baton ]] || suite_agents_vhost=$suite_vhost-agents
    suite_load_settings
    (
        umask 077
        cat >"$suite/nfvo.conf" <<CONF
broker-host = $OB_TEST_BROKER_HOST
broker-port = $OB_TEST_BROKER_PORT
broker-vhost = $suite_vhost
broker-user = $OB_TEST_BROKER_USER
broker-password = "$OB_TEST_BROKER_PASSWORD"
broker-management-port = $OB_TEST_BROKER_MANAGEMENT_PORT
database = "$OB_TEST_DB"
database-schema = $suite_schema
seal-key-path = $suite/seal-key
listen = 127.0.0.1
port = $suite_port
admin-password = "$suite_password"
admin-password-path = $suite/admin-password
upload-dir = $suite/run
agents-vhost = $suite_agents_vhost
broker-public-host = $(suite_public_host)
outbound-allow = 127.0.0.0/8, ::1
CONF
        rm -f "$suite/peer.conf"
        if [[ ${3-} ]]; then
            printf 'registration-open = yes\nregistration-room = %s\n' "$3" >>"$suite/nfvo.conf"
            printf 'broker-host = %s\nbroker-port = %s\nbroker-vhost = %s\n' "$OB_TEST_BROKER_HOST" "$OB_TEST_BROKER_PORT" "$3" >"$suite/peer.conf"
        fi
        suite_write_peer vim-driver-test </dev/null
        suite_write_peer vnfm-dummy </dev/null
        suite_write_peer vnfm-generic <<CONF
agents-vhost = $suite_agents_vhost
database = "$OB_TEST_DB"
database-schema = ${suite_schema}_vnfm
CONF
        suite_write_peer vim-driver-local <<CONF
mode = $([[ ${suite_mode:-docker} == docker ]] && echo plain || echo "$suite_mode")
state-dir = $suite/cloud
relay = $OB_TEST_BROKER_PORT
ems-agent = $suite_bin/ems-agent
CONF
        suite_write_peer vim-driver-docker <<CONF
sockets = $suite/engine/s
spent-file = $suite/docker.spent
CONF
        suite_write_peer vim-driver-openstack <<CONF
spent-file = $suite/openstack.spent
CONF
        printf 'export %s=%q\n' BATON_URL "http://127.0.0.1:$suite_port" BATON_USER admin \
            BATON_PASSWORD "$suite_password" >"$suite/baton.env"
    )
    # shellcheck disable=SC1091
    . "$suite/baton.env"
    unset BATON_TOKEN BATON_PROJECT BATON_CA
    export XDG_CONFIG_HOME=$suite/config # the user's own login stays out of it
}

# suite_write_peer NAME <MORE: the options of a process of ours, for its account in its room.
suite_write_peer()
{
    {
        printf 'broker-host = %s\nbroker-port = %s\n' "$OB_TEST_BROKER_HOST" "$OB_TEST_BROKER_PORT"
        printf 'broker-vhost = %s\nbroker-user = %s\nbroker-password-file = %s\n' "$(suite_room "$1")" "$(suite_account "$1")" "$suite/$1.password"
        cat
    } >"$suite/$1.conf"
}

suite_start_nfvo()
{
    suite_start nfvo nfvo --config "$suite/nfvo.conf" "$@"
}

suite_start_driver()
{
    suite_enrol vim-driver-test driver test
    suite_start vim-driver-test vim-driver-test --config "$suite/vim-driver-test.conf" --journal "$suite/driver.journal" \
        --state-file "$suite/driver.state" "$@"
}

suite_start_vnfm()
{
    suite_enrol vnfm-dummy vnfm dummy
    suite_start vnfm-dummy vnfm-dummy --config "$suite/vnfm-dummy.conf" --journal "$suite/vnfm.journal" "$@"
}

suite_start_local_driver()
{
    suite_enrol vim-driver-local driver local
    suite_start vim-driver-local vim-driver-local --config "$suite/vim-driver-local.conf" "$@"
}

suite_start_docker_driver()
{
    suite_enrol vim-driver-docker driver docker
    suite_start vim-driver-docker vim-driver-docker --config "$suite/vim-driver-docker.conf" "$@"
}

suite_start_openstack_driver()
{
    suite_enrol vim-driver-openstack driver openstack
    suite_start vim-driver-openstack vim-driver-openstack --config "$suite/vim-driver-openstack.conf" "$@"
}

suite_start_generic_vnfm()
{
    suite_enrol vnfm-generic vnfm generic
    suite_start vnfm-generic vnfm-generic --config "$suite/vnfm-generic.conf" "$@"
}

baton()
{
    "$suite_bin/baton" "$@"
}

# broker_call METHOD PATH [BODY]: the management API of the broker, without needing a client for HTTP. Prints the body.
broker_call()
{
    local socket answer body=${3-}
    exec {socket}<>"/dev/tcp/$OB_TEST_BROKER_HOST/$OB_TEST_BROKER_MANAGEMENT_PORT" || return 1
    printf '%s %s HTTP/1.0\r\nHost: localhost\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' \
        "$1" "$2" "$(printf '%s:%s' "$OB_TEST_BROKER_USER" "$OB_TEST_BROKER_PASSWORD" | base64 -w0)" "${#body}" "$body" >&"$socket"
    answer=$(tr -d '\r' <&"$socket")
    exec {socket}>&-
    [[ $answer == HTTP/1.?' 2'* ]] || return 1
    [[ $answer != *$'\n\n'* ]] || echo "${answer#*$'\n\n'}"
}

# suite_vhost_in_url: the virtual host as part of a path of the management API.
suite_vhost_in_url()
{
    echo "${suite_vhost//\//%2F}"
}

suite_sql()
{
    PGOPTIONS="-c search_path=$suite_schema" psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
        --command "$1" "$OB_TEST_DB"
}

# suite_rows SCHEMA TABLE...: a line for each that is not empty. In one query: this is asked again and again until nothing is left.
suite_rows()
{
    local schema=$1 table sql=''
    shift
    for table; do
        sql+="${sql:+ union all }select count(*) n, \$t\$$schema.$table\$t\$ place from $schema.$table"
    done
    suite_sql "select n || ' rows in ' || place from ($sql) t where n > 0" || echo 'the database does not answer'
}

# What must not be there when no network service exists: each prints one line per kind that is not empty.
suite_leftover_rows()
{
    # A row without a routing key is no message (OUTBOX_HAS_MESSAGE_SQL, common/ports/store_pg.h): it deletes the reply
    # queue of a command that ended, for half a minute.
    suite_rows "$suite_schema" nsr vnfr instance "outbox where split_part(meta, E'\\t', 2) <> ''" event_out "command where agg_kind = 'nsr'" agent_login agent_gone
    [[ -z $(suite_sql "select 1 from pg_namespace where nspname = '${suite_schema}_vnfm'") ]] ||
        suite_rows "${suite_schema}_vnfm" 'vnfr where released_at is null' 'agent where gone_at is null' 'run where ended_at is null'
}

# Servers that a driver launched and did not delete: out of the test driver's journal, out of the local driver's folder.
suite_servers()
{
    [[ ! -s $suite/driver.journal ]] ||
        jq -rs 'reduce .[] as $l ({}; if ($l.outcome == "done" or $l.outcome == "repeated") and ($l.id // "") != "" then
                    if ($l.action | startswith("launch")) then .[$l.id] = $l.name
                    elif ($l.action | startswith("deleteServer")) then del(.[$l.id]) else . end else . end)
                | to_entries[] | "\(.value) (\(.key))"' "$suite/driver.journal"
    [[ ! -d $suite/engine ]] || "$suite_top/tests/support/docker-engine" list "$suite/engine"
    cat "$suite"/cloud/servers/*.json 2>/dev/null | jq -r '"\(.name) (\(.id))"'
}

# suite_explain_servers: of the first servers that the test driver still has, all that its journal says of that hostname and id, with
# the command (corr: its service and number) that each call belongs to; and what the NFVOs' logs say of their services.
suite_explain_servers()
{
    local server host id nsr=''
    [[ -s $suite/driver.journal ]] || return 0
    while read -r server; do
        host=${server%% *} id=${server##*(} id=${id%)}
        printf -- '--- %s: server %s\n' "$suite/driver.journal" "$server"
        jq -r --arg host "$host" --arg id "$id" 'select(.name == $host or .id == $id or .name == $id) |
            "\(.at) \(.action) \(.name) id=\(.id) outcome=\(.outcome) corr=\(.corr) token=\(.token // "-")"' "$suite/driver.journal"
        nsr+=$(jq -rs --arg host "$host" '[.[] | select(.name == $host and .corr) | .corr[:36]] | first | select(.) | "|\(.)"' "$suite/driver.journal")
    done < <(suite_servers 2>/dev/null | head -n 3)
    [[ ! $nsr ]] || grep -HE -- "${nsr#|}" "$suite"/log/nfvo*.log | sed 's|^.*/log/||' | tail -n 30
}

suite_leftover_messages()
{
    local queues users
    { queues=$(broker_call GET '/api/queues?columns=vhost,name,messages') && users=$(broker_call GET "/api/vhosts/$suite_agents_vhost/permissions"); } ||
        { echo 'the broker does not answer' && return; }
    jq -rs --arg inner "$suite_vhost" --arg agents "$suite_agents_vhost" --arg rooms "$(suite_room '')" '
        (.[0][] | select(.vhost == $inner or .vhost == $agents or (.vhost | startswith($rooms))) |
            (select((.messages // 0) > 0) | "\(.messages) messages in queue \(.name) of \(.vhost)"),
            (select(.name | startswith("nfvo.reply.")) | "reply queue \(.name) of \(.vhost)"),
            (.name | select(test("^vnfm\\..*\\.actions$") and . != "vnfm.nfvo.actions") | "queue of an agent \(.)")),
        (.[1][].user | select(startswith("ems.")) | "broker user of an agent \(.)")' <<<"$queues$users" ||
        echo 'the broker answers what cannot be read'
}

# suite_delete_vhost VHOST: the rights in it go before, one by one; what is left goes in a transaction of the broker that may
# never end (nfvo/vnfm/management_vhost.c).
suite_delete_vhost()
{
    local kind user
    for kind in topic-permissions permissions; do
        for user in $(broker_call GET "/api/vhosts/$1/$kind" 2>/dev/null | jq -r '.[].user' 2>/dev/null | sort -u); do
            broker_call DELETE "/api/$kind/$1/$user" || true
        done
    done
    broker_call DELETE "/api/vhosts/$1"
}

# What this suite made on a broker that others use as well: rooms, accounts, its virtual hosts.
suite_clean_broker()
{
    local name
    for name in $(broker_call GET '/api/users?columns=name' | jq -r --arg ours "$suite_vhost." '.[].name | select(startswith($ours))'); do
        broker_call DELETE "/api/users/$name" || true
    done
    for name in $(broker_call GET '/api/vhosts?columns=name' | jq -r --arg rooms "$(suite_room '')" '.[].name | select(startswith($rooms))') \
        "$suite_vhost" "$suite_agents_vhost"; do
        suite_delete_vhost "$name" || true
    done
    # The broker's log is in "/", whatever nfvo's virtual host is.
    [[ $suite_vhost == / ]] || broker_call DELETE "/api/queues/%2F/nfvo.broker-log.$suite_vhost" || true
}

# Servers last: what is in an outbox or a queue when they are looked at may be a launch.
suite_leftovers()
{
    suite_leftover_rows
    suite_leftover_messages
    suite_servers | sed 's/^/server at the driver: /'
}

suite_is_clean()
{
    [[ -z $(suite_leftovers) ]]
}

# suite_explain [ID]: the log lines that belong to a failure: those of this id and the warnings and errors; and what the
# test peers did not do as they should.
suite_explain()
{
    local file lines
    for file in "$suite"/log/*.log; do
        [[ -s $file ]] || continue
        lines=$(grep -hE -A 30 'ERROR: .*Sanitizer|runtime error' "$file" || true)
        lines+=$(grep -hE "${1:+$1|}lvl=(warn|error|crit)" "$file" | grep -v ev=registration_ | tail -n 15 || true)
        [[ -z $lines ]] || printf -- '--- %s\n%s\n' "$file" "$lines" >&2
    done
    if [[ ${1-} ]] && suite_runs nfvo && lines=$(timeout 20 "$suite_bin/baton" logs "$1" 2>&1 | tail -n 40); then
        [[ -z $lines ]] || printf -- '--- what its scripts said (baton logs %s)\n%s\n' "$1" "$lines" >&2
    fi
    suite_explain_servers >&2 || true
    for file in "$suite"/cloud/instances/*/console.log; do
        [[ ! -s $file ]] || printf -- '--- %s\n%s\n' "$file" "$(tail -n 15 "$file")" >&2
    done
    for file in "$suite"/run/*.process; do
        [[ ! -s $file ]] || suite_runs "$(basename "$file" .process)" || suite_say "$(basename "$file" .process) has died"
    done
    for file in "$suite"/*.journal; do
        [[ -s $file ]] || continue
        lines=$(grep -h "${1-}" "$file" | grep -E '"outcome":"(failed|silent)"' | tail -n 5 || true)
        [[ -z $lines ]] || printf -- '--- %s\n%s\n' "$file" "$lines" >&2
    done
}

# suite_has_driver TYPE
suite_has_driver()
{
    baton driver list -o name 2>/dev/null | grep -qx "vim-drivers.$1.$1"
}

# suite_has_vnfm TYPE
suite_has_vnfm()
{
    baton manager list -o json 2>/dev/null | jq -e --arg type "$1" 'any(.type == $type and .active)' >/dev/null
}

# suite_wait_for_peers [DRIVER VNFM]: registration goes through the broker, it is done a moment after the processes are ready.
suite_wait_for_peers()
{
    local driver=${1:-test} vnfm=${2:-dummy}
    wait_until "$suite_register_s" suite_has_driver "$driver" ||
        { suite_say "the driver '$driver' did not register within $suite_register_s s" && return 1; }
    wait_until "$suite_register_s" suite_has_vnfm "$vnfm" ||
        { suite_say "the VNFM '$vnfm' did not register within $suite_register_s s" && return 1; }
}

# suite_remove_data: what all of this wrote, when nothing of it runs.
suite_remove_data()
{
    rm -rf --one-file-system "$suite"/{log,run,config,cloud} "$suite"/*.{conf,password,journal}
    rm -f "$suite"/{settings,baton.env,driver.state,driver.state.spent,docker.spent,openstack.spent,seal-key,admin-password}
}

# suite_traces: processes and mounts of ours on this machine, one a line. Nothing when nothing runs.
suite_traces()
{
    local process
    for process in /proc/[0-9]*; do
        [[ $process -ef /proc/self || ${process#/proc/} == "$$" ]] && continue
        { readlink "$process"/{cwd,root,exe} && tr '\0' '\n' <"$process/environ"; } 2>/dev/null | grep -F -e "$suite/" >/dev/null || continue
        echo "process ${process#/proc/}: $(tr '\0' ' ' 2>/dev/null <"$process/cmdline" | cut -c 1-120)"
    done
    awk -v place="$suite/" 'index($5, place) == 1 { print "mount " $5 }' /proc/self/mountinfo
}
