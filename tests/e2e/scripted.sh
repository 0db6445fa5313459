# shellcheck shell=bash
# VNFs of scripts, for scenarios about the generic VNFM, agents and the local driver (plain mode). To be sourced after lib.sh:
#
#   script VNF FILE <<'SH'                    a script of a package; it says first, in $suite/runs, that it ran: "HOSTNAME FILE"
#   package VNF [OPTION...] EVENT:FILE...     the package; a FILE without a script of its own succeeds. Options: --instances N,
#                                             --max N (of instances), --requires VNF:PARAMETER, --provides KEY
#   onboard NSD VNF... [SOURCE,TARGET,PARAMETER...]   uploads the packages, once, and the descriptor
#   together VNF FILE N                       a line for a script of N instances: it waits there until all of them have begun it, each
#                                             time anew. The first script that fails ends its VNF's work, whether the other instances
#                                             have begun theirs or not: runs are one number only if it failed when all had begun
#   runs VNF FILE                             how often it ran, all instances together
#   start_scripted [OPTION of vnfm-generic...]        the whole suite
#
# VNFD and type of a VNF have the same name.
export suite_mode=plain # before suite_configure

script()
{
    local folder=$suite/packages/$1/scripts
    mkdir -p "$folder"
    {
        printf '#!/bin/bash\necho "$hostname %s" >>%q\n' "$2" "$suite/runs"
        cat
    } >"$folder/$2"
}

together()
{
    printf 'until (($(grep -cE "^%s-[0-9]+ %s\$" %q) %% %s == 0)); do sleep 0.05; done\n' "$1" "$2" "$suite/runs" "$3"
}

package()
{
    local vnf=$1 instances=1 max= requires='{}' provides='[]' events='[]' arg
    local folder=$suite/packages/$vnf
    shift
    mkdir -p "$folder/scripts"
    while [[ $# -gt 0 ]]; do
        arg=$1
        case $arg in
        --instances) instances=$2 && shift ;;
        --max) max=$2 && shift ;;
        --requires)
            requires=$(jq -c --arg v "${2%%:*}" --arg p "${2#*:}" '.[$v].parameters += [$p]' <<<"$requires")
            shift
            ;;
        --provides) provides=$(jq -c --arg k "$2" '. + [$k]' <<<"$provides") && shift ;;
        *)
            [[ -s $folder/scripts/${arg#*:} ]] || script "$vnf" "${arg#*:}" </dev/null
            events=$(jq -c --arg e "${arg%%:*}" --arg s "${arg#*:}" \
                'if any(.event == $e) then map(if .event == $e then .lifecycle_events += [$s] else . end)
                 else . + [{event: $e, lifecycle_events: [$s]}] end' <<<"$events")
            ;;
        esac
        shift
    done
    cat >"$folder/Metadata.yaml" <<YAML
name: $vnf
vendor: e2e
version: "1.0"
nfvo_version: "6.0"
vim_types:
  - local
YAML
    jq -n --arg name "$vnf" --argjson n "$instances" --argjson max "${max:-$instances}" --argjson requires "$requires" --argjson provides "$provides" \
        --argjson events "$events" '{
        name: $name, vendor: "e2e", version: "1.0", type: $name, endpoint: "generic",
        requires: $requires, provides: $provides, lifecycle_event: $events,
        virtual_link: [{name: "private"}], deployment_flavour: [{flavour_key: "tiny"}],
        vdu: [{vm_image: ["host"], scale_in_out: $max,
               vnfc: [range($n) | {connection_point: [{virtual_link_reference: "private"}]}]}]}' >"$folder/vnfd.json"
}

onboard()
{
    local nsd=$1 vnfds='[]' dependencies='[]' arg rest
    shift
    for arg; do
        if [[ $arg == *,* ]]; then
            rest=${arg#*,}
            dependencies=$(jq -c --arg s "${arg%%,*}" --arg t "${rest%%,*}" --arg p "${rest#*,}" \
                '. + [{source: $s, target: $t, parameters: ($p | split(","))}]' <<<"$dependencies")
        else
            if [[ ! -e $suite/packages/$arg.uploaded ]]; then
                baton package upload "$suite/packages/$arg" >/dev/null || fail "package $arg is refused"
                touch "$suite/packages/$arg.uploaded"
            fi
            vnfds=$(jq -c --arg v "$arg" '. + [{id: "e2e/\($v)/1.0"}]' <<<"$vnfds")
        fi
    done
    jq -n --arg name "$nsd" --argjson vnfd "$vnfds" --argjson dependency "$dependencies" \
        '{name: $name, vendor: "e2e", version: "1.0", vld: [{name: "private"}], vnfd: $vnfd, vnf_dependency: $dependency}' \
        >"$suite/packages/$nsd.json"
    expect "the NSD $nsd is onboarded" baton nsd create "$suite/packages/$nsd.json"
}

runs()
{
    grep -cE "^$1-[0-9]+ $2\$" "$suite/runs" || true
}

ran()
{
    (($(runs "$1" "$2") >= $3))
}

start_scripted()
{
    touch "$suite/runs"
    suite_start_nfvo
    suite_start_local_driver
    suite_start_generic_vnfm "$@"
    suite_wait_for_peers local generic
    expect 'the PoP is registered' baton pop create "$e2e_top/deploy/examples/local-pop.json"
}

# deploy NSD STATUS: the NSR's id is in $nsr, what the client said in $said.
deploy()
{
    local rc=0
    said=$(baton nsr create "$1" --wait --timeout 180s 2>&1) || rc=$?
    nsr=$(baton nsr list -o json | jq -r --arg n "$1" 'map(select(.name == $n)) | last | .id')
    nsr_is "$nsr" "$2" || fail "$1 is $(nsr_status "$nsr"), not $2; the client said: $said"
}
