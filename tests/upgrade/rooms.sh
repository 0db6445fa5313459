#!/usr/bin/env bash
# An installation of before rooms (issue 8) is upgraded as deploy/README.md, "Upgrade", says, with its database and broker, while services
# run and one is being deployed. Started by tests/upgrade/run: $OLD is the tree of the release before, built; $MANNER how the VNFM is
# replaced: "beside" (the next one first, then the one of before stops) or "killed" (kill -9, then the next one).
#
# Of before: two nfvo, the generic VNFM and the local driver (ours), vnfm-dummy and vim-driver-test (of others), all in one virtual
# host, registered by the well-known account; agents, which some releases launched with the right to reach one another.
set -euo pipefail
. "$(dirname "$0")/../e2e/lib.sh"
. "$e2e_top/tests/e2e/scripted.sh"
# shellcheck source=tests/upgrade/phases.sh
. "$(dirname "$0")/phases.sh"
old=${OLD:?the tree of the release before: tests/upgrade/run sets it}

# install_release TREE BIN: as make install does, over what is there; what runs goes on. What starts from now on is of that release,
# and how (deploy/local/suite.sh), the client and the agents of servers launched from now on.
install_release()
{
    mkdir -p "$suite/bin"
    install -m 755 "$2"/{nfvo,baton,vnfm-generic,ems-agent,vim-driver-local,vim-driver-test,vnfm-dummy} "$suite/bin"
    # shellcheck source=deploy/local/suite.sh
    . "$1/deploy/local/suite.sh"
}

step()
{
    printf -- '-- %s (%d s)\n' "$*" "$SECONDS"
}

# start_second_nfvo: with the other's options, on a port of its own.
start_second_nfvo()
{
    suite_start nfvo-2 nfvo --config "$suite/nfvo.conf" --port "$second_port"
}

second()
{
    BATON_URL=http://127.0.0.1:$second_port baton "$@"
}

# upgrade_peer NAME KIND TYPE: what the unit and "On a server" do: an account, and three lines in its configuration.
upgrade_peer()
{
    local lines
    lines=$("$suite_bin/nfvo" --config "$suite/nfvo.conf" --enrol "$1" --kind "$2" --type "$3" --password-file "$suite/$1.password")
    sed -i '/^broker-vhost/d' "$suite/$1.conf"
    grep '^broker-' <<<"$lines" >>"$suite/$1.conf"
}

# ids NAME: of the services of this descriptor.
ids()
{
    baton nsr list -o json | jq -r --arg n "$1" 'map(select(.name == $n)) | .[].id'
}

all_active()
{
    baton nsr list -o json | jq -e --argjson n "$1" 'map(select(.status == "ACTIVE")) | length == $n' >/dev/null
}

# is_served TYPE ROOM: there, by an account of that room.
is_served()
{
    baton manager list -o json | jq -e --arg t "$1" --arg r "$2" 'any(.type == $t and .room == $r and .active)' >/dev/null
}

status_says()
{
    baton status 2>/dev/null | grep -F -- "$1" >/dev/null
}

# cared_by CLIENT: a service with scripts is deployed by it (baton, second), while vnfm-generic is of before. Agents of now on ems.up
# obey a VNFM only that says who it is, so where VNFMs of before use that, it is ACTIVE once theirs is replaced.
cared_by()
{
    if grep -q EMS_EXCHANGE "$old/vnfm-generic/user-data.sh"; then
        expect_exit 0 "$1" nsr create cared
    else
        expect_exit 0 "$1" nsr create cared --wait --timeout 60s
    fi
}

# Those of releases whose agents write the exchange that all agents' queues are bound to.
counts_old_agents()
{
    if grep -q EMS_EXCHANGE "$old/vnfm-generic/user-data.sh"; then
        ! status_says 'of before can reach'
    else
        status_says "$agents_of_before agents of before can reach"
    fi
}

scenario_open --own-servers
new_bin=$suite_bin suite_bin=$suite/bin
suite_vhost=baton
suite_make_vhost baton

# ---------------------------------------------------------------------------------------------------------------
step 'the release before: services run, one is being deployed'
install_release "$old" "$old/build/bin"
suite_configure baton "$suite_schema"
second_port=$(port_pick)
printf 'manager-check-interval = 300ms\npop-cache = 0\nstart-ordered = yes\n' >>"$suite/nfvo.conf" # of 20 s, 10 s
package cared START:start.sh HEAL:heal.sh TERMINATE:stop.sh
waiting slow start.sh
package slow INSTANTIATE:install.sh START:start.sh TERMINATE:stop.sh
start_scripted
start_second_nfvo
suite_start_driver
suite_start_vnfm
suite_wait_for_peers
fill_catalogue
onboard cared cared
onboard slow slow
create cared --wait --timeout 60s
cared_before=$created
expect_exit 0 baton nsr create dummy --wait --timeout 60s
create slow
eventually 30 'its START script runs' ran slow start.sh 1
await_phase "$created" STARTING ACTIVE
step 'a service is in each phase that can be held'
phases_hold

# ---------------------------------------------------------------------------------------------------------------
step 'every nfvo is replaced; VNFMs and drivers are of before' # not one after the other: migration 0038 refuses that
suite_stop nfvo
install_release "$e2e_top" "$new_bin"
! suite_start_nfvo 2>/dev/null || fail 'it starts beside one of before'
grep -q 'an nfvo of the release before still runs' "$suite/log/nfvo.log" || fail 'it does not say why not'
sed -i '/ev=start_failed/d' "$suite/log/nfvo.log" # scenario_close looks for such lines
suite_stop nfvo-2
suite_start_nfvo
start_second_nfvo
phases_are_held
phases_let_peers_go
cared_by baton
cared_by second
expect_exit 0 baton nsr create dummy --wait --timeout 60s
expect_exit 0 second nsr create dummy --wait --timeout 60s

# ---------------------------------------------------------------------------------------------------------------
step "the generic VNFM gets a room ($MANNER)"
agents_of_before=$(suite_sql 'select count(*) from agent_login')
upgrade_peer vnfm-generic vnfm generic
if [[ $MANNER == beside ]]; then
    suite_start vnfm-generic-2 vnfm-generic --config "$suite/vnfm-generic.conf"
    eventually 30 'its type is served in its room' is_served generic baton.vnfm-generic
    suite_stop vnfm-generic
else
    suite_stop vnfm-generic KILL
    suite_start_generic_vnfm
    eventually 30 'its type is served in its room' is_served generic baton.vnfm-generic
fi
expect_exit 0 baton nsr create cared --wait --timeout 60s

step 'the local driver: restarted, it adopts its servers'
upgrade_peer vim-driver-local driver local
suite_stop vim-driver-local
suite_start_local_driver
eventually 30 'its queue is served in its room' is_served local baton.vim-driver-local
expect_exit 0 baton nsr create cared --wait --timeout 60s
expect "agents of before are counted" counts_old_agents

step 'what was being deployed goes on, at the VNFM that took it over'
phases_let_scripts_go
phases_check
eventually 60 'all but one is ACTIVE' all_active "$(($(baton nsr list -o json | jq length) - 1))"
expect 'its script ran once' test "$(runs slow start.sh)" = 1

step 'what runs since before is operated'
expect_exit 0 baton nsr heal "$cared_before" "$(baton nsr show "$cared_before" -o json | jq -r '.vnfr[0].vdu[0].vnfc_instance[0].hostname')" \
    --cause 'it was upgraded' --wait --timeout 60s
expect 'its HEAL script ran' test "$(runs cared heal.sh)" = 1

# ---------------------------------------------------------------------------------------------------------------
step 'a VNFM of others registers again as before: refused, with what to do'
suite_stop vnfm-dummy
! suite_ready_s=3 suite_start vnfm-dummy vnfm-dummy --config "$suite/peer.conf" 2>/dev/null || fail 'it is registered'
eventually 30 'status tells it' status_says 'baton manager enrol NAME --type TYPE'
suite_stop vnfm-dummy

step 'with time given to it: registration is open in a virtual host for that'
printf 'registration-open = yes\nregistration-room = trial\n' >>"$suite/nfvo.conf"
sed -i 's/^broker-vhost = .*/broker-vhost = trial/' "$suite/peer.conf"
suite_stop nfvo-2
suite_stop nfvo
suite_start_nfvo
start_second_nfvo
suite_start vnfm-dummy vnfm-dummy --config "$suite/peer.conf"
expect_exit 0 baton nsr create dummy --wait --timeout 60s

step 'enrolled: it moves to its room'
suite_stop vnfm-dummy
cp "$suite/peer.conf" "$suite/vnfm-dummy.conf"
upgrade_peer vnfm-dummy vnfm dummy
suite_start_vnfm
eventually 30 'its type is served in its room' is_served dummy baton.vnfm-dummy
expect_exit 0 baton nsr create dummy --wait --timeout 60s

# ---------------------------------------------------------------------------------------------------------------
step 'everything is deleted: scripts run on agents of before, nothing is left'
cared=$(ids cared | wc -l)
mapfile -t all < <(baton nsr list -o name)
for nsr in "${all[@]}"; do
    expect_exit 0 baton nsr delete "$nsr"
done
wait_until 60 suite_is_clean || fail "this is left: $(suite_leftovers)"
expect 'each ran its TERMINATE script' test "$(runs cared stop.sh)" = "$cared"
expect 'so did the one that was being deployed' test "$(runs slow stop.sh)" = 1
expect 'no agent of before is counted' eval '! status_says "of before"'
