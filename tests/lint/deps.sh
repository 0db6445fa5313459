#!/usr/bin/env bash
# Who may include whom. One row per folder: which folders' headers its files may include beside their own. The longest
# folder that holds a file is its row ("x/*": each folder directly below x); C files in a folder without a row fail.
# Foreign libraries are hidden behind one folder each: second table.
# A public header of an SDK, */sdk/ob_*.h, may be included by every process; its private ones only by the SDK itself.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# folder               may include
folders='
common/base            -
common/sys             common/base
common/log             common/base common/sys
common/json            common/base
common/fsm             common/base
common/config          common/base common/sys common/log common/json common/fsm
common/metrics         common/base common/sys common/log common/json common/fsm
common/bus             common/base common/sys common/log common/json common/fsm common/config common/metrics
common/db              common/base common/sys common/log common/json common/fsm common/config common/metrics
common/http            common/base common/sys common/log common/json common/fsm common/config common/metrics
common/daemon          common
common/engine          common/base common/fsm common/log
common/ports           common/base common/fsm common/log common/engine common/bus common/db
common/peer            common/base common/sys common/config common/bus
common/sdk             common/base common/bus
common/fake            common/base common/sys common/config
proto                  common/base common/json

vnfm-generic/sdk       proto common
vim-drivers/sdk        proto common

nfvo                   proto common
nfvo/words             -
nfvo/store             proto common nfvo/words
nfvo/broker            proto common nfvo/store
nfvo/audit             proto common nfvo/store
nfvo/catalogue         proto common nfvo/store
nfvo/placement         proto common nfvo/store
nfvo/vnfm              proto common nfvo/store nfvo/audit nfvo/broker
nfvo/vim               proto common nfvo/store
nfvo/reconcile         proto common nfvo/store nfvo/lifecycle
nfvo/event             proto common nfvo/store nfvo/audit nfvo/broker
nfvo/api               proto common nfvo/store nfvo/audit nfvo/catalogue nfvo/placement nfvo/vnfm nfvo/vim nfvo/event nfvo/lifecycle nfvo/words
nfvo/worker            proto common nfvo/store nfvo/audit nfvo/catalogue nfvo/placement nfvo/vnfm nfvo/vim nfvo/event nfvo/lifecycle nfvo/broker
nfvo/cli               proto common nfvo/catalogue nfvo/words
nfvo/web               proto common
nfvo/lifecycle         proto common/base common/fsm nfvo/words
nfvo/lifecycle/operation proto common/base common/fsm
vnfm-generic           proto common
vnfm-generic/lifecycle proto common/base common/fsm
ems-agent              proto common
vim-drivers            -
vim-drivers/common     proto common
vim-drivers/*          proto common vim-drivers/common

tests                  anything
'

# header                                  only in
libraries='
<amqp                                     common/bus
<rabbitmq-c/                              common/bus
<libpq                                    common/db
<postgresql/                              common/db
<gnutls/                                  common/http nfvo/api
<zlib                                     common/http
<curl/                                    common/http
<jansson                                  common/json proto/codec common/log nfvo/cli
<libsmartcols                             nfvo/cli
<archive                                  nfvo/catalogue vim-drivers/docker vim-drivers/local
<yaml.h                                   nfvo/catalogue nfvo/cli
'

# What git knows or would add; without git (a tarball) what is there.
list_files()
{
    git ls-files --cached --others --exclude-standard -- '*.c' '*.h' 2>/dev/null ||
        find . -path ./build -prune -o -name '*.[ch]' -printf '%P\n'
}

check_includes()
{
    awk -v folders="$folders" -v libraries="$libraries" '
        function below(path, folder) { return index(path, folder "/") == 1 }
        # the row of a file: the longest folder that holds it; "x/*" stands for each folder directly below x
        function row_of(path,    folder, best, f, part, longer) {
            for (folder in may) {
                f = folder
                if (sub(/\/\*$/, "", f) && below(path, f) && split(substr(path, length(f) + 2), part, "/") > 1)
                    f = f "/" part[1]
                else if (folder ~ /\*$/)
                    continue
                longer = length(f) - length(best)
                if (below(path, f) && (longer > 0 || (longer == 0 && folder !~ /\*$/))) { best = f; row = folder }
            }
            return best
        }
        function wrong(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; bad = 1 }
        function allowed(list, path,    i, n, item) {
            n = split(list, item, " ")
            for (i = 1; i <= n; i++) if (item[i] == "anything" || below(path, item[i])) return 1
            return 0
        }
        BEGIN {
            n = split(folders, line, "\n")
            for (i = 1; i <= n; i++) if (split(line[i], w, " ") > 1) { key = w[1]; sub(/^[^ ]+ +/, "", line[i]); may[key] = line[i] }
            n = split(libraries, line, "\n")
            for (i = 1; i <= n; i++) if (split(line[i], w, " ") > 1) { key = w[1]; sub(/^[^ ]+ +/, "", line[i]); only[key] = line[i] }
        }
        FNR == 1 {
            home = row_of(FILENAME); rights = may[row]
            if (!home) wrong("this folder has no row in tests/lint/deps.sh")
        }
        !home || !/^[ \t]*#[ \t]*include/ { next }
        rights == "anything" { next }
        match($0, /<[^>]+>/) {
            header = substr($0, RSTART, RLENGTH)
            for (library in only)
                if (index(header, library) == 1 && !allowed(only[library], FILENAME))
                    wrong(header " belongs into " only[library] " only")
            next
        }
        match($0, /"[^"]+"/) {
            header = substr($0, RSTART + 1, RLENGTH - 2)
            if (header !~ /\//) { wrong("\"" header "\": write the path from the top folder"); next }
            if (below(header, home)) {
                if (header !~ /\/sdk\// || home ~ /\/sdk$/ || header ~ /\/sdk\/ob_[^\/]*\.h$/) next
            } else if (header ~ /\/sdk\/ob_[^\/]*\.h$/ && home !~ /^(common|proto)/ && home !~ /\/(sdk|lifecycle)$/)
                next
            else if (allowed(rights, header) && !(home ~ /\/sdk$/ && below(header, "common/db")))
                next
            wrong(home " must not include \"" header "\"")
        }
        END { exit bad }
    ' "$@"
}

mapfile -t files < <(list_files | while read -r f; do [[ ! -f $f ]] || echo "$f"; done)
if [[ ${#files[@]} -gt 0 ]] && ! check_includes "${files[@]}"; then
    echo "hint: the table is in tests/lint/deps.sh; a new direction is a decision, say why in the commit"
    echo "lint: 0 passed, 1 failed"
    exit 1
fi
echo "lint: 1 passed, 0 failed"
