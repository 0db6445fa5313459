#!/usr/bin/env bash
# Files of a package that are large: each arrives whole on the instance, up to the limit, and what is over it is refused at upload.
# Runs alone: a package of 8 MiB is 40 MB on the wire.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/scripted.sh"
scenario_open
start_scripted

# check VNF FILE...: a script that fails unless each file is on the instance as it is in the package.
check()
{
    local vnf=$1
    shift
    printf 'cd "$(dirname "$0")" && sha256sum -c <<SUMS\n%s\nSUMS\n' "$(cd "$suite/packages/$vnf/scripts" && sha256sum "$@")" |
        script "$vnf" check.sh
}

deploy_checked()
{
    local vnf=$1
    shift
    check "$vnf" "$@"
    package "$vnf" INSTANTIATE:check.sh
    onboard "$vnf" "$vnf"
    deploy "$vnf" ACTIVE
    ran "$vnf" check.sh 1 || fail "check.sh of $vnf did not run"
    delete_and_leave_nothing "$nsr"
}

# One byte more than 10,000, beside bytes that are no text, in a folder.
folder=$suite/packages/small/scripts
mkdir -p "$folder/deep/er"
head -c 10001 /dev/zero | tr '\0' x >"$folder/data.txt"
head -c 300000 /dev/urandom >"$folder/deep/er/data.bin"
deploy_checked small data.txt deep/er/data.bin

# All that a package may hold: numbers of five characters each, "-128," (the worst case on the wire), but for the script itself.
folder=$suite/packages/full/scripts
mkdir -p "$folder"
head -c $((8 * 1024 * 1024 - 4096)) /dev/zero | tr '\0' '\200' >"$folder/data.bin"
deploy_checked full data.bin

folder=$suite/packages/over/scripts
mkdir -p "$folder"
head -c $((8 * 1024 * 1024)) /dev/zero >"$folder/data.bin"
package over INSTANTIATE:check.sh
expect_exit 1 baton package upload "$suite/packages/over"
expect_said 'makes the scripts larger than 8 MiB together'
expect_said 'hint: let a script download what is large'
