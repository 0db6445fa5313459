#!/usr/bin/env bash
# deploy/ keeps up with the programs: each has a target in the Dockerfile, a unit, and a sample that is what it prints itself
# (where it was built); docker-compose takes the compose file, and .env.sample names the variables that are in it; systemd
# takes the units. A tool that is not installed is left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

wrong=()
bin=${O:-build}/bin
compose=deploy/compose/docker-compose.yml
mapfile -t programs < <(sed -n 's/^ *bins += *//p' ./*/module.mk ./*/*/module.mk | tr ' ' '\n' | grep -vx baton | sort -u)

check_program()
{
    local name=$1
    grep -qE "^FROM .* AS $name\$" deploy/compose/Dockerfile || wrong+=("deploy/compose/Dockerfile: no target '$name'")
    [[ -f deploy/systemd/$name.service ]] || wrong+=("deploy/systemd: no unit for '$name'")
    if [[ ! -f deploy/config/$name.conf ]]; then
        wrong+=("deploy/config: no sample for '$name'; hint: $name --sample-config >deploy/config/$name.conf")
    elif [[ -x $bin/$name && $bin/$name -nt deploy/config/$name.conf ]] &&
        ! "$bin/$name" --sample-config | cmp -s - "deploy/config/$name.conf"; then
        wrong+=("deploy/config/$name.conf: not what $name --sample-config prints")
    fi
}

# Variables of the compose file and of the sample are the same; what starts with "$$" is for the shell in the container.
check_variables()
{
    local used named
    used=$(grep -oE '(^|[^$])\$\{[A-Z_]+' $compose | grep -oE '[A-Z_]+$' | sort -u)
    named=$(sed -n 's/^\([A-Z_]*\)=.*/\1/p' deploy/compose/.env.sample | sort -u)
    [[ $used == "$named" ]] || wrong+=("deploy/compose/.env.sample: not the variables of docker-compose.yml: $(
        comm -3 <(echo "$used") <(echo "$named") | tr -s '\t\n' ' ')")
    ! grep -nE '^[A-Z_]*PASSWORD[A-Z_]*=.' deploy/compose/.env.sample || wrong+=("deploy/compose/.env.sample: a password")
}

check_compose()
{
    local work said
    command -v docker-compose >/dev/null || { echo 'docker-compose is not installed, its file is not checked' && return; }
    work=$(mktemp -d /tmp/baton-lint.XXXXXX)
    deploy/compose/prepare --into "$work" >/dev/null
    said=$(docker-compose --env-file "$work/.env" -f $compose config -q 2>&1) || wrong+=("$compose: $said")
    said=$(docker-compose --env-file deploy/compose/.env.sample -f $compose config -q 2>&1) &&
        wrong+=("$compose: it starts without secrets")
    rm -rf "$work"
}

# What it says of other units of the machine is not ours: each line begins with a unit's name, or with a file's.
check_units()
{
    local said ours
    command -v systemd-analyze >/dev/null || { echo 'systemd-analyze is not installed, the units are not checked' && return; }
    ours=$(basename -a deploy/systemd/* | paste -sd'|')
    said=$(systemd-analyze verify deploy/systemd/*.service 2>&1 | grep -E "(^|/)(${ours//./\\.})" |
        grep -v 'is not executable: No such file' || true)
    [[ -z $said ]] || wrong+=("deploy/systemd: $said")
}

# What the Makefile includes is there when an image is built: .dockerignore leaves it in.
check_context()
{
    local file
    for file in $(sed -n 's/^include //p' Makefile | grep -oE '[a-z/-]+\.mk'); do
        grep -qxE "!(${file%%/*}|$file)" .dockerignore || wrong+=(".dockerignore: an image is built without '$file', which the Makefile includes")
    done
}

check_context
for program in "${programs[@]}"; do
    check_program "$program"
done
check_variables
check_compose
check_units
if [[ ${#wrong[@]} -gt 0 ]]; then
    printf '%s\n' "${wrong[@]}"
    echo 'lint: 0 passed, 1 failed'
    exit 1
fi
echo 'lint: 1 passed, 0 failed'
