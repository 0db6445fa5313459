#!/usr/bin/env bash
# What /metrics tells of a deployment; promtool has nothing against it, and a Prometheus with our rules reads it and finds the VNFs.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo
driver_page=127.0.0.1:$(port_pick)
suite_start_driver --metrics-listen "$driver_page"
vnfm_page=127.0.0.1:$(port_pick)
suite_start_vnfm --metrics-listen "$vnfm_page"
suite_wait_for_peers
fill_catalogue
baton nsr create dummy --wait --timeout 180s >/dev/null

page() # of nfvo, into $suite/page
{
    nfvo_get /metrics | sed '1,/^$/d' >"$suite/page"
}
shown() # REGEX: a line of the page is so
{
    page && grep -Eqx -- "$1" "$suite/page"
}
# What is counted in the store is as of some seconds ago.
eventually 60 'the service is counted' shown 'baton_services\{phase="ACTIVE"\} 1'
expect 'its VNFs' shown 'baton_vnfrs\{phase="ACTIVE"\} 2'
expect 'its servers' shown 'baton_instances\{phase="UP"\} [0-9]+'
expect 'nothing is late' shown 'baton_commands_overdue\{kind="LAUNCH"\} 0'
expect 'the outbox' shown 'baton_outbox_messages [0-9]+'
expect 'phases' shown 'baton_vnfr_phase_duration_seconds_count\{phase="ALLOCATING"\} 2'
expect 'steps' shown 'baton_step_duration_seconds_count\{step="START"\} 2'
expect 'the operation' shown 'baton_operation_seconds_count\{kind="DEPLOY"\} 1'
expect 'answers of the VNFM' shown 'baton_vnfm_answer_duration_seconds_count\{vnfm="dummy",action="START"\} 2'
expect 'answers of the driver' shown 'baton_driver_answer_duration_seconds_count\{driver="test",call="launchInstanceAndWait"\} [1-9]'
expect 'by PoP' shown 'baton_pop_answer_duration_seconds_count\{driver="test",pop="demo"\} [1-9][0-9]*'
expect 'requests' shown 'baton_http_requests_total\{route="POST /oauth/token",code="200"\} [1-9][0-9]*'
expect 'connections to the database' shown 'baton_database_connections [1-9][0-9]*'

# Its page is one that Prometheus reads, and names are as they should be.
if command -v promtool >/dev/null; then
    promtool check metrics <"$suite/page" >"$suite/lint" 2>&1 || fail "promtool: $(cat "$suite/lint")"
    [[ ! -s $suite/lint ]] || fail "promtool: $(cat "$suite/lint")"
else
    echo 'NOT RUN: promtool check metrics (apt-get install prometheus)' >&2
fi
# What rules and dashboard name is there.
named()
{
    jq -r '.panels[].targets[]?.expr' "$e2e_top/deploy/monitoring/grafana-baton.json"
    sed -n 's/^        expr: //p' "$e2e_top/deploy/monitoring/baton.rules.yml"
}
page
for name in $(named | grep -oE '\b(baton|process)_[a-z0-9_]+' | sort -u); do
    grep -Eq -- "^# TYPE (${name}|${name%_bucket}) " "$suite/page" || fail "deploy/monitoring names $name, which is not in /metrics"
done

# Where the VNFs are to be scraped: for those with a role in the project.
call_as() # USER PATH: the answer, with its head
{
    local token socket
    token=$(token_of "$1")
    exec {socket}<>"/dev/tcp/127.0.0.1/$suite_port"
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n' "$2" "$token" >&"$socket"
    tr -d '\r' <&"$socket"
    exec {socket}>&-
}
token_of() # USER
{
    local socket body="grant_type=password&username=$1&password=Some-1-password"
    exec {socket}<>"/dev/tcp/127.0.0.1/$suite_port"
    printf 'POST /oauth/token HTTP/1.0\r\nHost: localhost\r\nAuthorization: Basic %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s' \
        "$(printf openbatonOSClient:secret | base64)" "${#body}" "$body" >&"$socket"
    sed '1,/^\r*$/d' <&"$socket" | jq -r .value
    exec {socket}>&-
}
targets() # USER QUERY FILTER
{
    call_as "$1" "/api/v1/baton/targets$2" | sed '1,/^$/d' | jq -e "$3" >/dev/null
}
echo Some-1-password >"$suite/password"
baton project create elsewhere >/dev/null
baton user create prometheus --role GUEST@default --password-file "$suite/password" >/dev/null
baton user create stranger --role USER@elsewhere --password-file "$suite/password" >/dev/null
expect 'three servers' targets prometheus '?port=9100' 'length == 3 and all(.targets[0] | endswith(":9100"))'
expect 'no descriptor says so by itself' targets prometheus '' '. == []'
expect 'not those of other projects' targets prometheus '?port=9100&project=elsewhere' '. == []'
expect 'not those of a project without a role' targets stranger '?port=9100&project=default' '. == []'
expect 'a port is a number' grep -q '^HTTP/1.. 422 ' <(call_as prometheus '/api/v1/baton/targets?port=9100;')

# A VNFM and a driver have pages of their own.
for at in "${driver_page##*:} vim-driver-test" "${vnfm_page##*:} vnfm-dummy"; do
    said=$(suite_port=${at%% *} nfvo_get /metrics)
    expect_said "baton_build_info{process=\"${at#* }\""
    expect_said 'process_resident_memory_bytes '
done
expect_said 'baton_vnfm_requests_total'

# A Prometheus reads them all, with our rules.
if command -v prometheus >/dev/null; then
    prometheus_port=$(port_pick)
    mkdir "$suite/prometheus"
    cp "$e2e_top/deploy/monitoring/baton.rules.yml" "$suite/prometheus"
    cat >"$suite/prometheus/prometheus.yml" <<END
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [baton.rules.yml]
scrape_configs:
  - job_name: baton
    static_configs: [{targets: ['127.0.0.1:$suite_port', '$driver_page', '$vnfm_page']}]
  - job_name: vnfs
    http_sd_configs:
      - url: http://127.0.0.1:$suite_port/api/v1/baton/targets?port=9100
        refresh_interval: 1s
        oauth2:
          client_id: openbatonOSClient
          client_secret: secret
          token_url: http://127.0.0.1:$suite_port/oauth/token
          endpoint_params: {grant_type: password, username: prometheus, password: Some-1-password}
END
    prometheus --config.file "$suite/prometheus/prometheus.yml" --storage.tsdb.path "$suite/prometheus/data" \
        --web.listen-address "127.0.0.1:$prometheus_port" >"$suite/log/prometheus.log" 2>&1 &
    prometheus=$!
    trap 'kill $prometheus 2>/dev/null || true; scenario_close' EXIT
    asked() # PATH FILTER: what it answers is so
    {
        suite_port=$prometheus_port nfvo_get "$1" 2>/dev/null | sed '1,/^$/d' | jq -e "$2" >/dev/null 2>&1
    }
    eventually 60 'all three are scraped' asked '/api/v1/query?query=sum(up%7Bjob=%22baton%22%7D)' '.data.result[0].value[1] == "3"'
    expect 'the service is in it' asked '/api/v1/query?query=max(baton_services%7Bphase=%22ACTIVE%22%7D)' '.data.result[0].value[1] == "1"'
    # Servers of a cloud that is book-keeping only cannot be reached: that they are known is enough.
    eventually 60 'the VNFs are discovered' asked '/api/v1/targets' '[.data.activeTargets[] | select(.labels.job == "vnfs")] |
        length == 3 and all(.labels.nsr == "dummy" and .labels.project == "default" and .labels.pop == "demo") and
        any(.labels.vnfr == "dummy-server" and (.labels.vnfc | startswith("dummy-server-")) and (.scrapeUrl | endswith(":9100/metrics")))'
    eventually 60 'the rules are evaluated' asked '/api/v1/rules' \
        '[.data.groups[].rules[] | .health] | length > 20 and all(. == "ok")'
    expect 'no alert is out' asked '/api/v1/alerts' '[.data.alerts[] | select(.state == "firing")] == []'
    kill "$prometheus"
    wait "$prometheus" || true
else
    echo 'NOT RUN: a scrape by Prometheus (apt-get install prometheus)' >&2
fi
delete_and_leave_nothing "$(baton nsr list -o name)"
