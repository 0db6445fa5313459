#!/usr/bin/env bash
# A user who is not root, with a clone in the home folder: all of it as that user.
. "$(dirname "$0")/lib.sh"
situation_open
make_user
clone_to "$home/baton"
chown -R "$user:" "$home"
state=$home/state
run_with=(runuser -u "$user" -- env -i HOME="$home" USER="$user" PATH=/usr/local/bin:/usr/bin:/bin)
rehearse
[[ $(mode_said) == plain ]] || fail "as a plain user the mode is '$(mode_said)'"
all_of_it
