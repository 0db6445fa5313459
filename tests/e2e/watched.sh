#!/usr/bin/env bash
# proto/doc/events.md, as it is typed: a deployment watched by its Python, from the beginning and from a point; its samples against what
# subscribers get; what was delivered is shown with the subscription.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
page=$e2e_top/proto/doc/events.md

# block KIND N: the Nth block of that kind on the page.
block()
{
    awk -v kind="$1" -v n="$2" '$0 == "```" kind { if (++i == n) { on = 1; next } } on && $0 == "```" { exit } on' "$page"
}

start_all
block sh 1 >"$suite/login.sh"
block python 1 >"$suite/watch.py"
expect 'it has ten lines' test "$(grep -c . "$suite/watch.py")" -le 10
# shellcheck disable=SC1091
. "$suite/login.sh"
expect 'there is a token, and a project' test "${#BATON_TOKEN}" -gt 10 -a "${#BATON_PROJECT}" == 36

python3 -u - "$suite/port" >"$suite/delivered" <<'PY' &
import http.server, sys
class Take(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print(self.headers["x-baton-seq"], body)
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Take)
open(sys.argv[1], "w").write("%d\n" % server.server_port)
server.serve_forever()
PY
taker=$!
eventually 60 'the subscriber listens' test -s "$suite/port"
# ALARM comes when a server is lost: drift.sh.
sed -n 's/^{"action":"\([A-Z_]*\)".*/\1/p' "$page" | grep -vx ALARM | sort -u >"$suite/actions"
while read -r action; do
    expect "$action is subscribed" baton event create "h-$action" --event "$action" --endpoint "http://127.0.0.1:$(cat "$suite/port")/" </dev/null
done <"$suite/actions"

python3 "$suite/watch.py" >"$suite/watched" 2>"$suite/watch.err" &
watcher=$!
nsr=$(baton nsr create dummy --wait --timeout 60s -o name)
all_active() { [[ $(grep -c ' STEP .* ACTIVE$' "$suite/watched") == 2 ]]; }
eventually 60 'both VNFs are seen to become ACTIVE' all_active
expect 'from its beginning' grep -q '^[0-9]* DEPLOY - - -$' "$suite/watched"
expect 'no event came twice' test -z "$(cut -d' ' -f1 "$suite/watched" | sort | uniq -d)"

last=$(grep ' STEP dummy-server - ACTIVE$' "$suite/watched" | cut -d' ' -f1)
AFTER=$last python3 "$suite/watch.py" >"$suite/rest" &
second=$!
kill "$watcher"
expect_exit 0 baton nsr delete "$nsr" --wait --timeout 60s
rest_is_seen() { grep -q ' DELETING$\| GONE$' "$suite/rest"; }
eventually 60 'the second one goes on' rest_is_seen
expect 'behind where it was told to' test "$(sort -n "$suite/rest" | head -1 | cut -d' ' -f1)" -gt "$last"
kill "$second"

curl -sN -H "Authorization: Bearer $BATON_TOKEN" -H "project-id: $BATON_PROJECT" "$BATON_URL/api/v1/baton/events?after=0&event=SERV*,DEPLOY" >"$suite/some" &
some=$!
last_is_seen() { [[ $(grep -c '"event":"SERVER".*"to":"GONE"' "$suite/some") == 3 ]]; }
eventually 60 'it can be asked for some' last_is_seen
expect 'and gives no others' test "$(grep -o '"event":"[A-Z_]*"' "$suite/some" | sort -u | tr '\n' ' ')" == '"event":"DEPLOY" "event":"SERVER" '
kill "$some"

sample_came() { [[ $(cut -d' ' -f2- "$suite/delivered" | jq -r .action | sort -u) == "$(cat "$suite/actions")" ]]; }
eventually 60 'each of the samples was delivered' sample_came
cut -d' ' -f2- "$suite/delivered" >"$suite/bodies"
grep '^{"action":' "$page" | grep -v '^{"action":"ALARM"' >"$suite/samples"
# Each member of a sample is one of what was delivered.
missing=$(jq -rn --slurpfile got "$suite/bodies" --slurpfile samples "$suite/samples" '
    $samples[] as $s | ($s.payload | keys_unsorted[]) as $k |
    select(any($got[]; .action == $s.action and (.payload | has($k))) | not) | "\($s.action).\($k)"')
expect "the samples are as delivered: $missing" test -z "$missing"
is_told() { baton event list -o json | jq -e 'all(.lastDelivery.count > 0 and .lastDelivery.seq > 0)' >/dev/null; }
eventually 60 'the last delivery of each is shown' is_told

# What was lost is sent again, under its number.
finished() { grep '"action":"INSTANTIATE_FINISH"' "$suite/delivered" | cut -d' ' -f1; }
number=$(finished)
expect_exit 0 baton event replay h-INSTANTIATE_FINISH --after "$((number - 1))"
expect_said '1 events are sent again'
came_again() { [[ $(finished | xargs) == "$number $number" ]]; }
eventually 60 'the event comes again' came_again
expect_exit 0 baton event replay h-INSTANTIATE_FINISH --after "$number"
expect_said '0 events are sent again'

block sh 2 >"$suite/account.sh"
expect_exit 0 env PATH="$suite_bin:$PATH" bash "$suite/account.sh" # typed as it stands there
kill "$taker"
