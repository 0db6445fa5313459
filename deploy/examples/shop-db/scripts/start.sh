#!/bin/bash
# START: make the database at the first time, and return when it takes connections.
set -euo pipefail
cd "$(dirname "$0")"
run=$PWD/run

address=${private:?this VNF needs an address on the network "private"}
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
mkdir -p "$run"
touch "$run/webs"
# PostgreSQL does not run as root: as "nobody", in a folder that this user can enter.
as=()
if ((EUID == 0)); then
    as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
data=$(cat "$run/data" 2>/dev/null || true)
if [[ ! -d $data ]]; then
    data=$(mktemp -d /var/tmp/shop-db.XXXXXX)
    ((EUID != 0)) || chown 65534:65534 "$data"
    echo "$data" >"$run/data"
    "${as[@]}" "$bin/initdb" --pgdata "$data/pg" --username shop --auth-local trust --auth-host reject --no-sync >"$run/initdb.log" 2>&1 ||
        { tail -n 5 "$run/initdb.log" >&2 && exit 1; }
fi
cat >"$run/reload" <<END
#!/bin/bash
# Who may connect: this machine itself by its socket, and the web servers.
{ echo "local all all trust"; sed 's|.*|host shop shop &/32 trust|' "$run/webs"; } >"$data/pg/pg_hba.conf"
${as[*]} "$bin/pg_ctl" --pgdata "$data/pg" reload >/dev/null 2>&1 || true
END
chmod +x "$run/reload"
"$run/reload"
if ! "${as[@]}" "$bin/pg_ctl" --pgdata "$data/pg" status >/dev/null 2>&1; then
    "${as[@]}" "$bin/pg_ctl" --pgdata "$data/pg" --wait --timeout 30 --log "$data/log" \
        --options "-c listen_addresses=$address -c unix_socket_directories=$data -c fsync=off" start >/dev/null ||
        { tail -n 5 "$data/log" >&2 && exit 1; }
fi
psql() { "${as[@]}" "$bin/psql" -XqAt --host "$data" --username shop "$@"; }
psql --dbname postgres --command 'create database shop' 2>/dev/null || true
psql --dbname shop --command 'create table if not exists visit (id serial, web text, at timestamptz default now())'
echo "PostgreSQL listens on $address, for $(wc -l <"$run/webs") web servers"
