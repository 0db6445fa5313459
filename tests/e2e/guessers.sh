#!/usr/bin/env bash
# Sixty guess a password at the same time, from the address of the one who knows it and from sixty others: who knows it gets in
# soon, from a strange address and from his own; the guesses are slow; the audit log says who guessed, from where. Then what the
# client does with logins: it ends them at the server.
# Runs alone: it measures how soon a login is answered beside guessers.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
suite_start_nfvo --trusted-proxies 127.0.0.1
url=http://127.0.0.1:$suite_port

cat >"$suite/guess.py" <<'PY'
"""guess.py URL SECONDS FROM: 60 threads guess admin's password; FROM: "same", or "many" addresses. Prints how often each status came."""
import base64, collections, sys, threading, time, urllib.error, urllib.request
url, until = sys.argv[1] + "/oauth/token", time.monotonic() + float(sys.argv[2])
count = collections.Counter()
def guess(n):
    headers = {"Authorization": "Basic " + base64.b64encode(b"openbatonOSClient:secret").decode()}
    if sys.argv[3] == "many":
        headers["X-Forwarded-For"] = f"198.51.100.{n}"
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(urllib.request.Request(url, b"grant_type=password&username=admin&password=guess", headers), timeout=130)
        except urllib.error.HTTPError as e:
            count[e.code] += 1
            e.read()
        except OSError:
            count["lost"] += 1
threads = [threading.Thread(target=guess, args=(n,), daemon=True) for n in range(60)]
[t.start() for t in threads]
print("started", flush=True)
[t.join() for t in threads]
print(dict(count), flush=True)
PY

# login_from ADDRESS: status and seconds of a login with the right password.
login_from()
{
    curl -s -o /dev/null -w '%{http_code} %{time_total}\n' -u openbatonOSClient:secret -H "X-Forwarded-For: $1" \
        -d grant_type=password -d username=admin --data-urlencode "password=$suite_password" "$url/oauth/token"
}

gets_in()
{
    read -r status seconds < <(login_from "$1")
    echo "login from $1, $2: $status after $seconds s" >&2
    [[ $status == 200 ]]
}

# beside_guessers FROM ADDRESS WHAT: a process that remembers nothing; the guessers have begun when the login comes.
beside_guessers()
{
    suite_stop nfvo
    suite_start_nfvo --trusted-proxies 127.0.0.1
    coproc guessers { exec python3 "$suite/guess.py" "$url" 8 "$1"; }
    local out=${guessers[0]} pid=$guessers_PID
    read -r _ <&"$out"
    expect "$3 gets in" gets_in "$2" "$3, 60 guessers at $1 address(es)"
    read -r counted <&"$out"
    wait "$pid" || true
    echo "guesses in 8 s: $counted" >&2
}

expect 'a login without guessers' gets_in 192.0.2.88 'nobody guesses'
beside_guessers many 192.0.2.88 'who has logged in from there before'
beside_guessers many 192.0.2.77 'a stranger'
suite_sql "delete from $suite_schema.login_failure"
beside_guessers same 192.0.2.77 'who has logged in from elsewhere'
expect 'guesses were refused without being looked at' grep -q 429 <<<"$counted"

. "$suite/baton.env"
export XDG_CONFIG_HOME=$suite/home
mkdir -p "$XDG_CONFIG_HOME"
# The guessers were here, at this address, and the right password is no way around what they have to wait.
suite_sql "delete from $suite_schema.login_failure"
expect_exit 0 baton login
unset BATON_USER BATON_PASSWORD
expect_exit 0 baton audit kind=login outcome=refused who=admin
expect_said 198.51.100.
expect_said 'the password is wrong'
expect_exit 0 baton audit kind=login outcome=ok from=192.0.2.77
expect_said login
expect_exit 2 baton audit admin
expect_exit 1 baton audit kind=nonsense
expect_said 'there are login, change, enrol, refusal, broker'
[[ $said != *"$suite_password"* ]] || fail 'a password is in the audit log'

expect_exit 0 baton session list --sort=-created --limit 1 -o name
own=$said
token=$(sed -n 's/^token=//p' "$XDG_CONFIG_HOME/baton/session")
status_of_token()
{
    curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$url/api/v1/projects"
}
[[ $(status_of_token) == 200 ]] || fail 'the token of the login is not good'
expect_exit 0 baton logout
expect_said 'logged out'
[[ $(status_of_token) == 401 ]] || fail 'the token is good after logout'
export BATON_USER=admin BATON_PASSWORD=$suite_password
expect_exit 0 baton session list -o name
[[ $said != *"$own"* ]] || fail 'the session is still listed after logout'
