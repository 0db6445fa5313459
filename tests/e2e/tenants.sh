#!/usr/bin/env bash
# Two projects on one vim-driver-local: the same descriptor has networks and servers of its own in each, and the second is told what
# is shared, where an operator looks. Scripts that take all the memory or disk fail with words, and neighbours go on.
# Runs alone: in containers it has the networks of this machine to itself.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
suite_choose_mode auto
suite_configure "$suite_vhost" "$suite_schema"
start_scripted
networks() { suite_sql "select n->>'extId' from pop p, json_array_elements(p.doc::json->'networks') n where n->>'name' = 'private'"; }

script quiet start.sh <<<'true'
package quiet START:start.sh
onboard quiet quiet
deploy quiet ACTIVE
first=$nsr
expect 'alone, nothing is warned of' test -z "$(grep 'on one host' <<<"$said" || true)"

expect 'another project' baton project create lab --description 'a second tenant'
expect 'its PoP on the same host' baton pop create "$e2e_top/deploy/examples/local-pop.json" --project lab
expect 'its package' baton package upload "$suite/packages/quiet" --project lab
expect 'its NSD' baton nsd create "$suite/packages/quiet.json" --project lab
expect_exit 0 baton nsr create quiet --project lab --wait --timeout 180s
expect_said 'on one host with those of 1 other project'
second=$(baton nsr list --project lab -o name)
expect "two networks of one name: $(networks | tr '\n' ' ')" test "$(networks | sort -u | wc -l)" == 2
for command in "explain $second" "nsr history $second" status; do
    # shellcheck disable=SC2086 # words
    expect_exit 0 baton $command --project lab
    expect_said 'on one host with those of 1 other project'
done
expect 'the driver logs it' grep -q 'ev=shared_host' "$suite"/log/vim-driver-local*

if [[ $suite_mode == runc ]]; then
    script greedy fill.sh <<<'dd if=/dev/zero of=/tmp/x bs=1M count=1100 status=none'
    script hungry eat.sh <<<'python3 -c "b = bytearray(900 << 20)" && echo it fits'
    for vnf in greedy:fill.sh hungry:eat.sh; do
        package "${vnf%:*}" START:"${vnf#*:}"
        onboard "${vnf%:*}" "${vnf%:*}"
        deploy "${vnf%:*}" ERROR
        case $vnf in
        greedy*) expect_said 'No space left on device' ;;
        *) expect_said 'ended with 137' ;;
        esac
        expect_exit 0 baton nsr delete "$nsr" --wait --timeout 180s
    done
fi
nsr_is "$first" ACTIVE || fail 'the first service is not ACTIVE any more'
expect_exit 0 baton nsr delete "$second" --project lab --wait --timeout 180s
delete_and_leave_nothing "$first"
