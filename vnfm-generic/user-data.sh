#!/bin/sh
# User data of VNFs whose VNFM is Baton's generic one: configures the agent and starts it. POSIX sh. Works in cloud images
# (run by cloud-init as root), in containers, and in folders: BATON_ROOT is put in front of every path, empty in machines.
# The VNFM fills the lines that end in "="; the NFVO fills those with a "#", for each instance.
export MONITORING_IP=
export TIMEZONE=
export BROKER_IP=
export BROKER_PORT=
export EMS_EXCHANGE=
export EMS_HEARTBEAT=
export EMS_AUTODELETE=
export EMS_VIRTUAL_HOST=
export EMS_TLS=
export EMS_TLS_CA=
export AGENT_URL=
export ENDPOINT=
export #Hostname=
export #EmsUser=
export #EmsPassword=

BATON_ROOT=${BATON_ROOT-}
baton_log=$BATON_ROOT/var/log/openbaton/ems-agent.log
baton_properties=$BATON_ROOT/etc/openbaton/openbaton-ems.properties
baton_ca=$BATON_ROOT/etc/openbaton/broker-ca.pem

baton_say()
{
    echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) user-data: $*" >>"$baton_log"
}

baton_folders()
{
    mkdir -p "$BATON_ROOT/etc/openbaton" "$BATON_ROOT/var/log/openbaton" "$BATON_ROOT/var/lib/openbaton/journal" \
        "$BATON_ROOT/opt/openbaton/scripts"
}

baton_configure()
{
    [ -z "$EMS_TLS_CA" ] || printf '%s\n' "$EMS_TLS_CA" >"$baton_ca"
    (
        umask 077
        cat >"$baton_properties" <<END
[ems]
broker_ip=$BROKER_IP
broker_port=$BROKER_PORT
virtual_host=$EMS_VIRTUAL_HOST
exchange=$EMS_EXCHANGE
heartbeat=$EMS_HEARTBEAT
autodelete=$EMS_AUTODELETE
tls=$EMS_TLS
tls_ca=${EMS_TLS_CA:+$baton_ca}
type=$ENDPOINT
hostname=${Hostname-}
username=${EmsUser-}
password=${EmsPassword-}
END
    )
}

baton_find_agent()
{
    PATH=$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin
    command -v ems-agent >/dev/null && return 0
    baton_say "ems-agent is not on PATH, trying apt-get"
    if command -v apt-get >/dev/null; then
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y ems-agent; } >>"$baton_log" 2>&1
        command -v ems-agent >/dev/null && return 0
    fi
    if [ -z "$AGENT_URL" ]; then
        baton_say "no package of it either, and no agent-url is configured at the VNFM: giving up"
        return 1
    fi
    baton_say "fetching $AGENT_URL"
    mkdir -p "$BATON_ROOT/usr/local/bin"
    PATH=$PATH:$BATON_ROOT/usr/local/bin
    baton_to=$BATON_ROOT/usr/local/bin/ems-agent
    { curl -fsSL -o "$baton_to.new" "$AGENT_URL" || wget -qO "$baton_to.new" "$AGENT_URL"; } >>"$baton_log" 2>&1 &&
        chmod 755 "$baton_to.new" && mv "$baton_to.new" "$baton_to" && return 0
    baton_say "could not be fetched: giving up"
    return 1
}

baton_install_unit()
{
    cat >/etc/systemd/system/ems-agent.service <<END
[Unit]
Description=Baton EMS agent
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=$(command -v ems-agent) --config $baton_properties --scripts-dir /opt/openbaton/scripts --journal-dir /var/lib/openbaton/journal --log-file $baton_log
Restart=always
RestartSec=2
KillMode=process

[Install]
WantedBy=multi-user.target
END
    systemctl daemon-reload && systemctl enable ems-agent && systemctl restart --no-block ems-agent
}

baton_start_agent()
{
    if [ -z "$BATON_ROOT" ] && [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ]; then
        baton_install_unit >>"$baton_log" 2>&1 || baton_say "the unit could not be started"
        return
    fi
    # No service manager here: this loop starts it again unless it was told to stop.
    setsid sh -c 'until "$@"; do sleep 1; done' ems-agent ems-agent --config "$baton_properties" \
        --scripts-dir "$BATON_ROOT/opt/openbaton/scripts" --journal-dir "$BATON_ROOT/var/lib/openbaton/journal" \
        >>"$baton_log" 2>&1 </dev/null &
}

baton_folders
baton_configure
unset EMS_TLS_CA
baton_find_agent && baton_start_agent
