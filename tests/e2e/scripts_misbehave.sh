#!/usr/bin/env bash
# Scripts that hang, flood their output, fork and leave, or need what nobody provides; an agent that never says hello.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted --script-timeout 3s

# The short limits are for those who are to miss them only: a script or an agent that works may need seconds on a busy machine.
restart_vnfm()
{
    suite_stop vnfm-generic
    suite_start_generic_vnfm "$@"
}

script hangs hang.sh <<<'echo waiting for ever; sleep 1000'
package hangs INSTANTIATE:hang.sh INSTANTIATE:never.sh
onboard hangs hangs
deploy hangs ERROR
expect_said hang.sh
expect_said 'waiting for ever'
[[ $(runs hangs never.sh) == 0 ]] || fail 'a script ran after the one that hung'
pgrep -f "$suite.*hang\.sh" >/dev/null && fail 'the hanging script still runs'
delete_and_leave_nothing "$nsr"

restart_vnfm

# 200 MB on both channels, then what matters at the end.
script floods flood.sh <<<'head -c 100000000 /dev/zero | tr "\0" a; head -c 100000000 /dev/zero | tr "\0" b >&2; echo; echo the end'
package floods START:flood.sh
onboard floods floods
deploy floods ACTIVE
said=$(baton logs "$(baton nsr show "$nsr" -o json | jq -r '.vnfr[0].vdu[0].vnfc_instance[0].hostname')")
((${#said} < 4000000)) || fail "the log holds ${#said} bytes"
expect_said 'the end'
(($(du -sk "$suite" | cut -f1) < 200000)) || fail 'the flood is on the disk'
delete_and_leave_nothing "$nsr"

# A daemon that holds its standard output: the script has ended when it has, and the daemon goes with the instance.
script forks fork.sh <<SH
(while echo tick; do sleep 0.2; echo alive >"$suite/daemon"; done) &
SH
package forks START:fork.sh
onboard forks forks
deploy forks ACTIVE
eventually 120 'the daemon lives' test -s "$suite/daemon"
rm "$suite/daemon"
eventually 120 'the daemon lives on after its script' test -s "$suite/daemon"
delete_and_leave_nothing "$nsr"
rm -f "$suite/daemon"
pgrep -f "$suite.*fork\.sh" >/dev/null && fail 'the daemon outlived its instance'

# Declared by the source, but never set: the script tells.
package silent --provides PORT INSTANTIATE:install.sh
script needs silent_connect.sh <<<': "${silent_PORT:?nobody told the port}"'
package needs --requires silent:PORT CONFIGURE:silent_connect.sh
onboard needs silent needs silent,needs,PORT
deploy needs ERROR
expect_said 'nobody told the port'
delete_and_leave_nothing "$nsr"

# An image without a working agent.
suite_stop vim-driver-local
printf '#!/bin/sh\nexit 0\n' >"$suite/no-agent"
chmod +x "$suite/no-agent"
suite_start_local_driver --ems-agent "$suite/no-agent"
restart_vnfm --hello-timeout 5s
suite_wait_for_peers local generic
package mute INSTANTIATE:install.sh
onboard mute mute
deploy mute ERROR
expect_said 'mute-'
expect_said 'hello'
[[ $(runs mute install.sh) == 0 ]] || fail 'a script ran without an agent'
delete_and_leave_nothing "$nsr"
