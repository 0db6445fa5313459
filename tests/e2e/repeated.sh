#!/usr/bin/env bash
# What is typed again, changed, or comes in another order than it should: a POST that is repeated through a kill -9 of nfvo, updates that say
# less than the creation did, a subscription before its listener, a shell with the variables of the reference's client.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
export OB_NFVO_IP=192.0.2.1 OB_NFVO_PORT=1 OB_USERNAME=nobody OB_PASSWORD=x OB_PROJECT_ID=x
start_all
url=$BATON_URL
token=$(curl -sf "$url/oauth/token" -u openbatonOSClient:secret --data-urlencode grant_type=password \
    --data-urlencode "username=$BATON_USER" --data-urlencode "password=$BATON_PASSWORD" | jq -r .value)
project=$(curl -sf "$url/api/v1/projects" -H "Authorization: Bearer $token" | jq -r '.[0].id')

# call METHOD PATH [BODY] [HEADER...]: prints the status and then the body.
call()
{
    local method=$1 path=$2 body=${3-} headers=()
    shift $(($# < 3 ? $# : 3))
    for header; do headers+=(-H "$header"); done
    curl -s -X "$method" "$url$path" -H "Authorization: Bearer $token" -H "project-id: $project" -H 'Content-Type: application/json' \
        "${headers[@]}" ${body:+--data-binary "$body"} -w '\n%{http_code}\n' | tac
}

# Absent is not false, and ids outlive what is asked again.
pop=$(baton pop show test -o json 2>/dev/null || baton pop list -o json | jq '.[0]')
id=$(jq -r .id <<<"$pop")
said=$(call PUT "/api/v1/datacenters/$id" "$(jq -c '{name,type,authUrl}' <<<"$pop")")
expect 'a PoP stays active when its update does not say so' jq -e .active <<<"$(sed 1d <<<"$said")" >/dev/null
before=$(jq -c '[.images,.networks | .[] | [.extId,.id]] | sort' <<<"$pop")
said=$(call GET "/api/v1/datacenters/$id/refresh" | sed 1d)
expect 'ids of images and networks outlive a refresh' test "$before" = "$(jq -c '[.images,.networks | .[] | [.extId,.id]] | sort' <<<"$said")"
expect 'its images are listed' grep -q '^200' <<<"$(call GET "/api/v1/datacenters/$id/images")"
nsd=$(baton nsd list -o name)
expect 'an empty name is refused' grep -q '^400' <<<"$(call PUT "/api/v1/ns-descriptors/$nsd" "{\"id\":\"$nsd\",\"name\":\"\"}")"

# One effect, whatever is lost: nfvo is killed with the request in hand, and asked again.
for key in one two three; do
    call POST "/api/v1/ns-records/$nsd" '{}' "Idempotency-Key: $key" >"$suite/first" &
    caller=$!
    suite_stop nfvo KILL
    wait "$caller" || true
    suite_start_nfvo
    said=$(call POST "/api/v1/ns-records/$nsd" '{}' "Idempotency-Key: $key")
    expect "the repeat is answered: $said" grep -q '^201' <<<"$said"
    nsr=$(sed 1d <<<"$said" | jq -r .id)
    again=$(call POST "/api/v1/ns-records/$nsd" '{}' "Idempotency-Key: $key" | sed 1d | jq -r .id)
    expect 'and again, with the same service' test "$nsr" = "$again"
done
expect 'three services, no more' test "$(baton nsr list -o name | wc -l)" = 3
expect_exit 0 baton status

# The subscriber comes after its subscription.
port=$(port_pick)
said=$(call POST /api/v1/events "{\"name\":\"late\",\"type\":\"REST\",\"endpoint\":\"http://127.0.0.1:$port/e\",\"event\":\"RELEASE_RESOURCES_FINISH\"}")
expect "a subscription may come first: $said" grep -q '^201' <<<"$said"
list_says() { grep -q 'it gave no answer' <<<"$(baton event list)"; }
status_says() { grep -q "no receiver takes events at REST" <<<"$(baton status)"; }
eventually 120 'the list says that nobody is there' list_says
eventually 120 'status says that nobody is there' status_says
baton nsr list -o name >"$suite/nsrs"
mapfile -t nsrs <"$suite/nsrs"
expect "it is deleted" baton nsr delete "${nsrs[0]}" --wait --timeout 180s
python3 - "$port" >"$suite/events" <<'PY' &
import http.server, sys
class Take(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        print(body.decode(), flush=True)
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Take).serve_forever()
PY
listener=$!
event_came() { grep -q "${nsrs[0]}" "$suite/events"; }
eventually 120 'the event comes when its subscriber is there' event_came
list_is_quiet() { ! list_says; }
eventually 120 'and the list has no fault any more' list_is_quiet
delete_and_leave_nothing "${nsrs[@]:1}"
kill "$listener"

# A misspelt option does not start a process with its default.
expect_exit 2 env BATON_NFVO_WORKER=9 "$suite_bin/nfvo" --check-config
expect_said "did you mean 'workers'?"
expect_exit 2 env BATON_USERNAME=x "$suite_bin/baton" status
