#!/usr/bin/env bash
# The samples in deploy/config are what the programs print, and are accepted by them.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
bin=${E2E_BIN:-${O:-$top/build}/bin}

for program in nfvo vim-driver-test vnfm-dummy ems-agent; do
    sample=deploy/config/$program.conf
    if ! diff -u "$top/$sample" <("$bin/$program" --sample-config); then
        echo "FAILED: $sample is old; hint: $program --sample-config >$sample" >&2
        exit 1
    fi
    "$bin/$program" --config "$top/$sample" --check-config
    grep -q "^ExecStart=/usr/local/bin/$program\$" "$top/deploy/systemd/$program.service"
done

# One version for all of them.
version=$("$bin/nfvo" --version)
for program in "$bin"/*; do
    said=$("$program" --version)
    if [[ ${said#* } != "${version#* }" ]]; then
        echo "FAILED: '$program --version' says '$said', and nfvo '$version'" >&2
        exit 1
    fi
done
