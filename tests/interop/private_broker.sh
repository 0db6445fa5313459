#!/bin/sh
# Runs a command with a private, unprivileged RabbitMQ on the loopback interface, and ends both.
#
#   private_broker.sh PORT COMMAND...     PORT..PORT+3: AMQP, management, distribution, epmd
#
# COMMAND sees BATON_BROKER and BATON_BROKER_MANAGEMENT (host:port); user guest, password guest.
# Exit status: the command's; 77 when there is no RabbitMQ here.
set -eu

port=$1
shift
server=${BATON_RABBITMQ_SERVER:-/usr/lib/rabbitmq/bin/rabbitmq-server}
[ -x "$server" ] || { echo "private_broker.sh: SKIP: no $server" >&2; exit 77; }

work=$(mktemp -d)
mkdir "$work/home" "$work/mnesia" "$work/log"
cat >"$work/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$port
management.tcp.ip = 127.0.0.1
management.tcp.port = $((port + 1))
CONF
echo '[rabbitmq_management].' >"$work/enabled_plugins"

# The Debian wrappers change to the user rabbitmq; the server script itself does not.
# RUNNING_UNDER_SYSTEMD makes it exec Erlang, so that $! is the broker.
export RABBITMQ_MNESIA_BASE="$work/mnesia" RABBITMQ_LOG_BASE="$work/log" \
    RABBITMQ_CONFIG_FILE="$work/rabbitmq.conf" RABBITMQ_PID_FILE="$work/pid" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$work/enabled_plugins" RUNNING_UNDER_SYSTEMD=true \
    RABBITMQ_NODENAME="baton$port@localhost" RABBITMQ_DIST_PORT=$((port + 2)) \
    ERL_EPMD_PORT=$((port + 3)) ERL_EPMD_ADDRESS=127.0.0.1 \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}'
# An epmd of our own, in the foreground, so that it is ours to end.
epmd -port "$ERL_EPMD_PORT" -address 127.0.0.1 </dev/null >/dev/null 2>&1 &
epmd=$!
HOME="$work/home" "$server" </dev/null >"$work/out" 2>&1 &
broker=$!

cleanup()
{
    kill -9 "$broker" "$epmd" 2>/dev/null || true
    wait "$broker" "$epmd" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

tries=0
until grep -q 'Starting broker... completed' "$work/out"; do
    tries=$((tries + 1))
    if [ $tries -gt 300 ] || ! kill -0 "$broker" 2>/dev/null; then
        cat "$work/out" >&2
        echo "private_broker.sh: the broker did not start" >&2
        exit 1
    fi
    sleep 0.2
done

status=0
BATON_BROKER=127.0.0.1:$port BATON_BROKER_MANAGEMENT=127.0.0.1:$((port + 1)) "$@" || status=$?
exit $status
