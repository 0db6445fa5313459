#!/usr/bin/env bash
# What a user may try to reach through us, or through what we show an operator: addresses of this host, other projects' secrets, root's
# environment, the terminal. Each of it worked before issue 8.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
start_all
url=$BATON_URL
token=$(curl -sf "$url/oauth/token" -u openbatonOSClient:secret --data-urlencode grant_type=password \
    --data-urlencode "username=$BATON_USER" --data-urlencode "password=$BATON_PASSWORD" | jq -r .value)
project=$(curl -sf "$url/api/v1/projects" -H "Authorization: Bearer $token" | jq -r '.[0].id')

# refused STATUS PATH BODY WORDS: a POST is, with these words.
refused()
{
    said=$(curl -s -X POST "$url$2" -H "Authorization: Bearer $token" -H "project-id: $project" -H 'Content-Type: application/json' \
        --data-binary "$3" -w '\n%{http_code}\n')
    [[ $(tail -n 1 <<<"$said") == "$1" ]] || fail "'$3' is answered by: $said"
    expect_said "$4"
}

# This host and its link, however they are spelled. The suite allows loopback (its subscribers run beside it), and nothing else.
for host in 169.254.169.254 '[fe80::1]' 0.0.0.0 '[::ffff:169.254.1.1]' 2851995649 224.0.0.1; do
    refused 422 /api/v1/events "{\"name\":\"x\",\"type\":\"REST\",\"endpoint\":\"http://$host/x\",\"event\":\"ERROR\"}" \
        'its address is not to be called'
done
refused 201 /api/v1/events '{"name":"hook","type":"REST","endpoint":"http://user:s3cret@hook.invalid/x?token=s3cret","event":"ERROR"}' \
    'http://***@hook.invalid/x?token=***'
shows_fault() { [[ $(baton event list) == *'it gave no answer'* ]]; }
eventually 120 'the look at it failed' shows_fault
for command in 'event list' 'event list -o json' status; do
    # shellcheck disable=SC2086
    expect "no login in '$command'" test -z "$(baton $command 2>&1 | grep s3cret)"
done
expect 'no login in the log' test -z "$(grep -h s3cret "$suite"/log/nfvo.log)"

# Another project's PoP, through a zone.
nsd=$(baton nsd list -o name) pop=$(baton pop list -o json | jq -r '.[0].name') vdu=$(baton nsd list -o json | jq -r '.[0].vnfd[0].vdu[0].name // empty')
[[ $vdu ]] || vdu=$(baton nsd show "$nsd" -o json | jq -r '.vnfd[0].vdu[0].name')
refused 422 "/api/v1/ns-records/$nsd" "$(jq -nc --arg v "$vdu" --arg p "$pop" \
    '{vduVimInstances: {($v): [$p + ":\u0001,\"x\",\u0001pop:1:0:"]}}')" 'has a control character'

# What would run before a script, as root.
vnfd=$(baton nsd show "$nsd" -o json | jq -r '.vnfd[0].name')
for name in LD_PRELOAD BASH_ENV PATH IFS; do
    refused 422 "/api/v1/ns-records/$nsd" "$(jq -nc --arg v "$vnfd" --arg n "$name" \
        '{configurations: {($v): {configurationParameters: [{confKey: $n, value: "/tmp/x", description: ""}]}}}')" \
        "no script may have the parameter '$name'"
done

# The terminal, by a name: C1 and a direction override are no control characters to a descriptor's form.
baton nsd show "$nsd" -o json | jq 'del(.id, .vnfd[].id) | .name = "x\u009b31m\u202egpj" | .vnfd |= map(.vendor = "a\u009b2J")' >"$suite/evil.json"
expect_exit 0 baton nsd create "$suite/evil.json"
for command in 'nsd list' 'nsd list -o json' "nsd show $(baton nsd list -o name | grep -v "$nsd")"; do
    # shellcheck disable=SC2086
    baton $command >"$suite/shown" 2>&1
    expect "'$command' shows it" grep -qF '\u009b31m\u202egpj' "$suite/shown"
    expect "and sends none of it" test -z "$(LC_ALL=C grep -aP '\xc2\x9b|\xe2\x80\xae|\x1b' "$suite/shown")"
done
