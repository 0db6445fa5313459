#!/usr/bin/env bash
# In a container as docker makes it for root without further options: some capabilities, no new namespaces, no mounts.
. "$(dirname "$0")/lib.sh"

run_in_container()
{
    local rootfs=$work/rootfs
    command -v runc jq >/dev/null || not_here 'runc or jq is missing'
    mkdir "$rootfs" "$work/bundle"
    mount --bind / "$rootfs"
    undo+=("umount $rootfs")
    (cd "$work/bundle" && runc spec)
    jq --arg rootfs "$rootfs" --arg script "$(realpath "$0")" --arg facts "${MATRIX_FACTS-}" --arg build "$build" --arg id "$(basename "$work")" '
        ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID", "CAP_SETUID",
         "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE"] as $caps
        | .root = {path: $rootfs, readonly: false}
        | .process.terminal = false
        | .process.args = ["bash", $script]
        | .process.env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "MATRIX_INSIDE=1",
                          "MATRIX_FACTS=" + $facts, "MATRIX_BUILD=" + $build]
        | .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps}
        | .process.noNewPrivileges = false
        | .process.rlimits = []
        | [131072, 33554432, 67108864, 134217728, 268435456, 536870912, 1073741824] as $new_namespaces
        | .linux.cgroupsPath = $id
        | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [
              {names: ["unshare", "setns", "mount", "umount2", "pivot_root", "bpf", "ptrace"], action: "SCMP_ACT_ERRNO"},
              {names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38},
              ($new_namespaces[] | {names: ["clone"], action: "SCMP_ACT_ERRNO",
                                    args: [{index: 0, value: ., valueTwo: ., op: "SCMP_CMP_MASKED_EQ"}]})]}
        ' "$work/bundle/config.json" >"$work/config.json"
    mv "$work/config.json" "$work/bundle/config.json"
    undo+=("runc delete --force $(basename "$work")")
    runc run --bundle "$work/bundle" "$(basename "$work")" </dev/null
}

situation_open
if [[ ! ${MATRIX_INSIDE-} ]]; then
    run_in_container
    exit
fi
! unshare --mount true 2>/dev/null || fail 'the container may make namespaces: it is not what was to be tried'
all_of_it
[[ $(log=$work/first.log mode_said) == plain ]] || fail 'the mode is not plain'
