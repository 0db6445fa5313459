#!/usr/bin/env bash
# A user who is not root, and packages are missing: the line to type, and nothing else happens.
. "$(dirname "$0")/lib.sh"
situation_open
make_user
mkdir "$work/fake"
printf '#!/bin/sh\n# Says that nothing is installed.\nexit 1\n' >"$work/fake/dpkg-query"
chmod 755 "$work/fake/dpkg-query"
chmod 755 "$work"
state=$home/state
clone_to "$work/clone"
run_with=(runuser -u "$user" -- env -i HOME="$home" USER="$user" PATH="$work/fake:/usr/local/bin:/usr/bin:/bin")
demo refused 1
expect_said 'sudo apt-get install'
expect_said ' rabbitmq-server '
nothing_runs
[[ ! -d $state/servers ]] || fail 'it went on without the packages'
