#!/usr/bin/env bash
# Text of other people reaches a terminal by one way: nfvo/cli/terminal.h in the client, the logger in the processes. Whatever else writes to
# standard output or error is in these lists, and writes words of ours.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

wrong=()
# look PATTERN "FILE..." WHAT FOLDER...: every line with the pattern is in one of the files.
look()
{
    local pattern=$1 allowed=" $2 " what=$3 line
    shift 3
    while IFS= read -r line; do
        [[ $allowed == *" ${line%%:*} "* ]] || wrong+=("${line%%:*}:$(cut -d: -f2 <<<"$line"): $what")
    done < <(grep -rnE --include='*.c' --include='*.h' "$pattern" "$@" || true)
}

look '\b(printf|puts|putchar|perror|vprintf)\(|\b(stdout|stderr)\b' \
    "common/base/sbuf.h nfvo/enrol.c nfvo/cli/cli.h common/base/mem.c common/daemon/daemon.c common/daemon/health.c common/db/connect.c proto/docs/main.c nfvo/docs/contract.c nfvo/docs/cli.c nfvo/cli/main.c \
nfvo/cli/terminal.h vim-drivers/local/unpack.c vim-drivers/local/main.c nfvo/cli/options.c" \
    'written past c->out, c->errors (nfvo/cli/terminal.h) and the logger' common proto nfvo vnfm-generic ems-agent vim-drivers
look 'raw_(out|errors)' "nfvo/cli/cli.h nfvo/cli/terminal.h nfvo/cli/commands.c nfvo/cli/table.c nfvo/cli/cmd_nsr.c nfvo/cli/cmd_package.c nfvo/cli/confirm.c nfvo/cli/repeat.c" \
    'the stream below nfvo/cli/terminal.h: give it to cli_terminal_*, or make each text harmless by cli_put_line' nfvo/cli
look '\\(033|x1b|e\[)' "nfvo/cli/watch.c nfvo/cli/repeat.c nfvo/cli/terminal.h" 'an escape sequence: cli_terminal_control writes ours' nfvo/cli

if ((${#wrong[@]})); then
    printf '%s\n' "${wrong[@]}"
    echo "lint: 0 passed, 1 failed"
    exit 1
fi
echo "lint: 1 passed, 0 failed"
