#!/bin/bash
# START: run the server on the instance's own address, and return when it listens.
set -euo pipefail
cd "$(dirname "$0")"
address=${private:?this VNF needs an address on the network "private"}
mkdir -p run

pid=$(cat run/pid 2>/dev/null || true)
if [[ $pid ]] && grep -qa serve.py "/proc/$pid/cmdline" 2>/dev/null; then
    echo "runs already, pid $pid"
    exit 0
fi
setsid python3 serve.py "$address" run/webs 8000 >run/log 2>&1 </dev/null &
echo $! >run/pid
for ((i = 0; i < 300; i++)); do
    if (exec 3<>"/dev/tcp/$address/8000") 2>/dev/null; then
        echo "serves on $address, pid $(cat run/pid)"
        exit 0
    fi
    sleep 0.1
done
echo "it does not serve on $address after 30 s:" >&2
tail -n 5 run/log >&2
exit 1
