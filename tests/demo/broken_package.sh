#!/usr/bin/env bash
# A script of a VNF fails: the demo says which one where and why, shows what it and its instance said, and ends.
. "$(dirname "$0")/lib.sh"
situation_open
chmod 755 "$work"
clone_to "$work/clone"
cat >"$clone/deploy/examples/iperf3-server/scripts/start.sh" <<'SCRIPT'
#!/bin/bash
echo 'the licence file is missing' >&2
exit 3
SCRIPT
demo broken 1
for text in 'host: iperf3-server-' 'script: start.sh' 'exit: 3' '== START start.sh' 'the licence file is missing' 'demo: FAILED'; do
    expect_said "$text"
done
nothing_runs
remove_and_look
