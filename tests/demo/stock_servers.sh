#!/usr/bin/env bash
# A stock RabbitMQ and PostgreSQL run on their usual ports, with their usual folders. They are not touched.
. "$(dirname "$0")/lib.sh"
in_namespaces --net --mount
situation_open

# Folders of their own, so that a stock server that is really installed here is not touched by this test.
for folder in /var/lib/rabbitmq /var/log/rabbitmq /var/lib/postgresql /var/run/postgresql /etc/rabbitmq; do
    [[ ! -d $folder ]] || mount -t tmpfs none "$folder"
done
id -u rabbitmq postgres >/dev/null || not_here 'the users of the stock servers are missing'
chown rabbitmq: /var/lib/rabbitmq /var/log/rabbitmq
chown postgres: /var/lib/postgresql
mkdir -p /var/run/postgresql && chown postgres: /var/run/postgresql
binaries=(/usr/lib/postgresql/*/bin)
stock=(env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8)

postgres=(runuser -u postgres -- "${stock[@]}" HOME=/var/lib/postgresql)
"${postgres[@]}" "${binaries[-1]}/initdb" --no-sync /var/lib/postgresql/data >/dev/null
"${postgres[@]}" "${binaries[-1]}/postgres" -D /var/lib/postgresql/data >"$work/stock-postgres.log" 2>&1 &
undo+=("kill $!; wait $!")
rabbitmq=(runuser -u rabbitmq -- "${stock[@]}" HOME=/var/lib/rabbitmq)
echo '[rabbitmq_management].' >/etc/rabbitmq/enabled_plugins
"${rabbitmq[@]}" RABBITMQ_PLUGINS_EXPAND_DIR=/var/lib/rabbitmq/plugins /usr/lib/rabbitmq/bin/rabbitmq-server >"$work/stock-broker.log" 2>&1 &
undo+=("kill $!; wait $!")

stock_serves()
{
    local port
    for port in 5672 15672 5432 4369 25672; do
        port_inode "$port" >/dev/null || return 1
    done
    "${rabbitmq[@]}" /usr/lib/rabbitmq/bin/rabbitmqctl await_startup >/dev/null 2>&1
}
# What they hold and who they are; connections of the asking tools are not in it.
stock_state()
{
    local what port
    for what in list_users list_vhosts list_queues list_exchanges list_connections; do
        "${rabbitmq[@]}" /usr/lib/rabbitmq/bin/rabbitmqctl -q "$what"
    done
    "${postgres[@]}" psql -qAt -c 'select datname from pg_database order by 1' -c 'select rolname from pg_roles order by 1'
    for port in 5672 15672 5432 4369 25672; do
        echo "$port $(port_inode "$port")"
    done
}
eventually 120 'the stock servers serve' stock_serves
stock_state >"$work/before"

rehearse
stock_state >"$work/after"
diff -u "$work/before" "$work/after" || fail 'the stock servers are not as they were'
all_of_it
stock_state >"$work/after"
diff -u "$work/before" "$work/after" || fail 'the stock servers are not as they were'
