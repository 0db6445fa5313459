#!/usr/bin/env bash
# deploy/security.md stays true where a script can tell: every file that it names is there, every word that it names in a file
# (`FILE:WORD`, mostly a test) is in it, and every requirement of deploy/asvs-5.0-ids.txt is answered exactly once.
# Files without a folder of the top level are below tests/.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

page=deploy/security.md ids=deploy/asvs-5.0-ids.txt
wrong=()

# `a/b.c`, `a/b.c:word`: a path has a slash and no blank before it, and is no URL's path, pattern or call of REST.
while IFS= read -r name; do
    path=${name%%:*} word=''
    [[ $name != *:* ]] || word=${name#*:}
    [[ -e $path ]] || path=tests/$path
    if [[ ! -e $path ]]; then
        wrong+=("$page: there is no file '${name%%:*}'")
    elif [[ $word ]] && ! grep -qF -- "$word" "$path"; then
        wrong+=("$page: '$word' is not in $path")
    fi
done < <(grep -oE '`[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+(:[^`]+)?`|`(Makefile|README\.md)(:[^`]+)?`' $page | tr -d '`' | sort -u)

# The numbers in front of a table's row and in lines of what does not apply.
answered=$(awk '/^$/ { apart = 0 } /^Do(es)? not apply: / { apart = 1 }
    apart { gsub(/\([^)]*\)/, ""); print } /^\| [0-9]+\.[0-9]+\.[0-9]+/ { split($0, cell, "|"); print cell[2] }' $page |
    grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | sort)
wanted=$(grep -v '^#' $ids | cut -d' ' -f1 | sort)
while IFS= read -r id; do
    wrong+=("$page: requirement $id of $ids is not answered")
done < <(comm -23 <(echo "$wanted") <(sort -u <<<"$answered"))
while IFS= read -r id; do
    wrong+=("$page: $id is no requirement in $ids")
done < <(comm -13 <(echo "$wanted") <(sort -u <<<"$answered"))
while IFS= read -r id; do
    wrong+=("$page: requirement $id is answered twice")
done < <(uniq -d <<<"$answered")
while IFS= read -r row; do
    wrong+=("$page: neither met, partly nor not met: $row")
done < <(grep -E '^\| [0-9]+\.[0-9]+\.[0-9]+' $page | grep -vE '^\| [0-9., ]+ \| (met|partly|not met) \| .+ \|$' || true)

# "Attacks on the bus": a test that is one, and what was seen.
while IFS='|' read -r _ attack tests seen _; do
    found=''
    while IFS=: read -r path word; do
        [[ -e $path ]] || path=tests/$path
        if [[ $word && $path == *.c ]] && ! grep -qE "^static void $word\\(" "$path" 2>/dev/null; then
            wrong+=("$page: '$word' is no test of $path")
        else
            found=1
        fi
    done < <(grep -oE '`[^`]+`' <<<"$tests" | tr -d '`')
    [[ $found ]] || wrong+=("$page: no test shows:$attack")
    [[ $seen =~ before\ issue\ [0-9]+|with\ (the|each)\ (check|rule)\ off|trust\.md ]] || wrong+=("$page: not said where it was seen to succeed:$attack")
done < <(awk '/^### / { is_here = /Attacks on the bus/ } is_here && /^\| / && !/^\| Attack / && !/^\|---/' $page)

if ((${#wrong[@]})); then
    printf '%s\n' "${wrong[@]}"
    echo 'lint: 0 passed, 1 failed'
    exit 1
fi
echo 'lint: 1 passed, 0 failed'
