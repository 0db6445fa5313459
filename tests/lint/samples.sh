#!/usr/bin/env bash
# Samples in headers are code that compiles. tests/lint/samples/NAME.c names its header in the first line; what stands in it
# between "sample" and "end" must stand in that header's comment, word for word, and the file must compile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Samples of public headers are what a vendor would write: they are compiled with the headers as installed.
make --no-print-directory O="${O:-build}" public-headers
failed=0
for file in tests/lint/samples/*.c; do
    header=$(sed -n '1s|^// The sample in ||p' "$file")
    if [[ ! -f $header ]]; then
        echo "$file: its first line names no header: '// The sample in PATH'"
        failed=1
        continue
    fi
    public=${O:-build}/sdk/include/baton/${header##*/}
    if [[ -f $public ]]; then
        set -- -include "$public" # the guard leaves out ours
    else
        set --
    fi
    gcc -std=gnu11 -D_GNU_SOURCE -I. "$@" -Wall -Wextra -Wno-unused-parameter -Werror -fsyntax-only "$file" || failed=1
    # as it stands in a comment: without what all of its lines are indented by
    want=$(sed -n '\|^ */\* sample \*/$|,\|^ */\* end \*/$|p' "$file" | sed '1d;$d' | awk '
        { line[NR] = $0; if ($0 != "") { match($0, /^ */); if (least == "" || RLENGTH < least) least = RLENGTH } }
        END { for (i = 1; i <= NR; i++) print line[i] == "" ? " *" : " *     " substr(line[i], least + 1) }')
    if [[ -z $want ]]; then
        echo "$file: no lines between 'sample' and 'end'"
        failed=1
    elif [[ $(<"$header") != *"$want"* ]]; then
        echo "$header: its sample is not the one of $file; this should stand there:"
        echo "$want"
        failed=1
    fi
done
echo "lint: $((1 - failed)) passed, $failed failed"
exit "$failed"
