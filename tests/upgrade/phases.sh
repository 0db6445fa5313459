# shellcheck shell=bash
# Services that an upgrade meets in the middle: one in each phase that can be held, with what waits for it in queues and in processes.
# To be sourced by rooms.sh.
#
#   phases_hold              while all is of before: makes them, and waits until each is where it belongs
#   phases_are_held          each is still there, under the phase's word (nfvo of now)
#   phases_let_peers_go      the test driver and vnfm-dummy work again: the driver enrolled, in its room
#   phases_let_scripts_go    scripts end
#   phases_check             each has become what it had to: ACTIVE, gone, or in error as before
#
# What holds: a script that waits for $suite/go (the phases of agents and scripts), a peer that is stopped by a signal, and the test
# driver, whose launches and deletions take an hour; it is killed, so that they are in its queue again.
phase_words=(INSTANTIATING GRANTING GRANTED ALLOCATING ALLOCATED WAIT_SOURCES MODIFYING WAIT_TURN STARTING ACTIVE HELD FAILED UNDOING RELEASING DELETING GONE)
declare -A held=()  # [PHASE] = id of the service, where a VNFR is in it
declare -A ending=() # [PHASE] = what becomes of it

# number_of PHASE: in the tables of releases before words.
number_of()
{
    local n
    for n in "${!phase_words[@]}"; do
        [[ ${phase_words[n]} != "$1" ]] || echo "$n"
    done
}

is_in_phase()
{
    [[ $(suite_sql "select count(*) from vnfr where agg = '$1' and phase = $2") != 0 ]]
}

# await_phase NSR PHASE ENDING: it is in it now, and stays.
await_phase()
{
    eventually 60 "a VNFR is $2" is_in_phase "$1" "$(number_of "$2")"
    held[$2]=$1 ending[$2]=$3
}

# create NSD [OPTION...]: the service's id is in $created.
create()
{
    expect_exit 0 baton nsr create "$@" -o name
    created=${said##*$'\n'}
}

# halt NAME, resume NAME: without a word to anybody.
halt()
{
    process_signal STOP "$(suite_identity "$1")"
}

resume()
{
    process_signal CONT "$(suite_identity "$1")"
}

# waiting VNF SCRIPT: it ends when it may.
waiting()
{
    script "$1" "$2" <<<"until [[ -e $suite/go ]]; do sleep 0.1; done"
}

phases_hold_scripts()
{
    waiting installs install.sh
    package installs --provides key INSTANTIATE:install.sh START:start.sh
    package needs --requires installs:hostname INSTANTIATE:install.sh CONFIGURE:configure.sh START:start.sh
    onboard installing installs needs installs,needs,hostname
    package source INSTANTIATE:install.sh START:start.sh
    waiting target configure.sh
    package target --requires source:hostname INSTANTIATE:install.sh CONFIGURE:configure.sh START:start.sh
    onboard configuring source target source,target,hostname
    script breaks install.sh <<<'echo "this was so before" >&2; exit 9'
    package breaks INSTANTIATE:install.sh START:start.sh
    package apart --requires breaks:hostname INSTANTIATE:install.sh CONFIGURE:configure.sh START:start.sh
    onboard broken breaks apart breaks,apart,hostname
    waiting leaves stop.sh
    package leaves START:start.sh TERMINATE:stop.sh
    onboard leaving leaves

    create leaving --wait --timeout 60s
    expect_exit 0 baton nsr delete "$created"
    eventually 30 'its TERMINATE script runs' ran leaves stop.sh 1
    await_phase "$created" RELEASING gone
    create installing
    eventually 30 'its INSTANTIATE script runs' ran installs install.sh 1
    await_phase "$created" ALLOCATED ACTIVE
    await_phase "$created" WAIT_SOURCES ACTIVE
    create configuring
    eventually 30 'its CONFIGURE script runs' ran target configure.sh 1
    await_phase "$created" MODIFYING ACTIVE
    await_phase "$created" WAIT_TURN ACTIVE # with start-ordered
    create broken
    await_phase "$created" FAILED ERROR
    await_phase "$created" HELD ERROR
}

has_begun_or_failed()
{
    [[ $(suite_sql "select count(*) filter (where phase = $(number_of FAILED)) > 0 or
        count(*) = count(*) filter (where phase = $(number_of ALLOCATING)) from vnfr where agg = '$1'") == t ]]
}

# create_launching: a service whose servers are asked for. Releases of before take a driver for gone, for a moment, when one
# listing of the broker lacks its queue, and then refuse: that is theirs, and mended since.
create_launching()
{
    local try
    for try in 1 2 3 4 5; do
        create dummy
        eventually 60 'its VNFRs are ALLOCATING, or one has failed' has_begun_or_failed "$created"
        is_in_phase "$created" "$(number_of FAILED)" || return 0
        expect_exit 0 baton nsr delete "$created" --wait --timeout 60s
    done
    fail "no service gets as far as ALLOCATING, at the ${try}th try"
}

phases_hold_peers()
{
    local deleting
    create dummy --wait --timeout 60s
    deleting=$created
    # Beside the other one, which goes without a word: releases of before refuse what is deployed while no driver is there.
    suite_start slow-driver vim-driver-test --config "$suite/peer.conf" --delay launchInstanceAndWait=1h,deleteServerByIdAndWait=1h
    suite_stop vim-driver-test KILL
    create_launching
    await_phase "$created" ALLOCATING ACTIVE
    create_launching
    expect_exit 0 baton nsr delete "$created"
    await_phase "$created" UNDOING gone
    expect_exit 0 baton nsr delete "$deleting"
    await_phase "$deleting" DELETING gone

    halt slow-driver
    create dummy
    eventually 30 'a VNFR is GRANTING' is_in_phase "$created" "$(number_of GRANTING)"
    halt vnfm-dummy
    resume slow-driver
    await_phase "$created" GRANTED ACTIVE
    halt slow-driver
    create dummy
    await_phase "$created" INSTANTIATING ACTIVE
    halt vim-driver-local
    create cared
    await_phase "$created" GRANTING ACTIVE
}

phases_hold()
{
    phases_hold_scripts
    phases_hold_peers
}

phases_are_held()
{
    local phase
    for phase in "${!held[@]}"; do
        expect "a VNFR is $phase as before" is_in_phase "${held[$phase]}" "'$phase'"
    done
}

phases_let_peers_go()
{
    resume vim-driver-local
    resume vnfm-dummy
    suite_stop slow-driver KILL
    cp "$suite/peer.conf" "$suite/vim-driver-test.conf"
    upgrade_peer vim-driver-test driver test
    suite_start_driver
}

has_ended()
{
    case $2 in
    gone) nsr_is_gone "$1" ;;
    *) nsr_is "$1" "$2" ;;
    esac
}

phases_let_scripts_go()
{
    touch "$suite/go"
}

phases_check()
{
    local phase
    for phase in "${!held[@]}"; do
        eventually 60 "what was $phase is ${ending[$phase]}" has_ended "${held[$phase]}" "${ending[$phase]}"
    done
    expect_exit 0 baton explain "${held[FAILED]}"
    expect_said 'this was so before'
    expect 'no script ran twice' test "$(runs installs install.sh) $(runs target configure.sh) $(runs leaves stop.sh)" = '1 1 1'
}
