#!/usr/bin/env bash
# What a vendor gets. `make install` into an empty folder; in another one the tutorials' own code is built against what was installed, the
# headers alone as C and C++; a service is deployed, scaled, healed and deleted through the VNFM and the driver that came of it.
# `make uninstall` takes away what install brought, and nothing else.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
scenario_open
at=$suite/at examples=$suite/examples
mkdir "$examples"
mkdir -p "$at"/usr/local/{bin,lib,share/doc/baton}
touch "$at"/usr/local/{bin/theirs,lib/libtheirs.a,share/doc/baton/notes}
make -s -C "$e2e_top" O="${O:-build}" DESTDIR="$at" install >"$suite/log/install.log" 2>&1 || fail "make install: $(tail -5 "$suite/log/install.log")"
for document in index.html openapi.json asyncapi.json vnfm.md schemas/nsd.schema.json; do
    [[ -s $at/usr/local/share/doc/baton/contract/$document ]] || fail "the contract came without $document"
done

export PKG_CONFIG_SYSROOT_DIR=$at PKG_CONFIG_LIBDIR=$at/usr/local/lib/pkgconfig:$(pkg-config --variable pc_path pkg-config)
lib=$at/usr/local/lib include=$at/usr/local/include
expect 'nothing of the tree is in the headers' test -z "$(grep -rlE '"(common|proto|vnfm-generic|vim-drivers)/' "$include")"
for header in "$include"/baton/*.h; do
    for as in 'gcc -x c -std=c11' 'clang++-14 -x c++ -std=c++17 -nostdinc++'; do
        # shellcheck disable=SC2086
        $as -Wall -Wextra -Wpedantic -Werror -I"$include" -fsyntax-only - <<<"#include <baton/${header##*/}>" || fail "$as: $header"
    done
done

# exported LIBRARY HEADER...: what it exports are the functions of its headers, by version; everything else stays inside.
functions_of() { cat "$@" | gcc -fpreprocessed -dD -E -P -x c - 2>/dev/null | grep -v typedef | grep -oE '\bob_[a-z_]+\(' | tr -d '(' | sort -u; }
exported()
{
    local name=$1
    shift
    diff <(functions_of "${@/#/$include/baton/}") <(nm -D --defined-only "$lib/lib$name.so" | sed -n "s/.* T \(.*\)@@${name^^}_[0-9]*$/\1/p" | sort) ||
        fail "lib$name.so does not export what its headers say"
    diff <(functions_of "${@/#/$include/baton/}") <(nm -g --defined-only "$lib/lib$name.a" | sed -n 's/.* [TWDBRV] //p' | sort) ||
        fail "lib$name.a shows more than its headers say"
    expect "lib$name has its soname" grep -qE "lib$name\.so\.[0-9]+$" <(objdump -p "$lib/lib$name.so" | grep SONAME)
}
exported ob_vnfm ob_base.h ob_vnfm.h
exported ob_vim ob_base.h ob_vim.h ob_spent.h ob_cloud.h

# A manual page for each program, its options, each public function; completion that completes.
man=$at/usr/local/share/man
for program in "$at"/usr/local/bin/*; do
    name=${program##*/}
    case $name in
    theirs | ems-agent-static) ;; # the latter is ems-agent once more
    baton) expect 'baton(1) names its commands' grep -q '^.B baton nsr scale-out$' "$man/man1/baton.1" ;;
    *) expect "$name has its pages" grep -q "^\\.B .*config" "$man/man8/$name.8" && expect "$name has its pages" test -s "$man/man5/$name.conf.5" ;;
    esac
done
for function in $(functions_of "$include"/baton/*.h); do
    expect "$function is explained" grep -q "$function(" "$man/$(sed 's/^.so //' "$man/man3/$function.3")"
done
if command -v groff >/dev/null; then
    said=$(cat "$man"/man[158]/* "$man"/man3/lib* | groff -man -Tutf8 -ww 2>&1 >/dev/null | grep -v 'adjust line\|break line' || true)
    expect "groff reads the pages, but it said: $said" test -z "$said"
fi
words=$(bash -c '. "$1"; COMP_WORDS=(baton nsr scale-o); COMP_CWORD=2; _baton; COMP_WORDS=(baton nsr heal x --ca); COMP_CWORD=4; echo "${COMPREPLY[@]}"; _baton; echo "${COMPREPLY[@]}"' \
    - "$at/usr/local/share/bash-completion/completions/baton" | xargs)
expect "bash completes, but said '$words'" test "$words" == 'scale-out --ca --cause'
! command -v zsh >/dev/null || expect 'zsh reads its completion' zsh -n "$at/usr/local/share/zsh/site-functions/_baton"
! command -v fish >/dev/null || expect 'fish reads its completion' fish -n "$at/usr/local/share/fish/vendor_completions.d/baton.fish"

# code_of TUTORIAL FILE: the code of a tutorial that is introduced as `FILE`:
code_of() { awk -v file="$2" 'index($0, "`" file "`:") { is_next = 1 } /^```/ { if (is_in) exit; if (is_next) { is_in = 1; next } } is_in' "$1"; }
tutorials=$at/usr/local/share/doc/baton/tutorials
cd "$examples"
for part in 'write-a-vnfm.md greeter libob_vnfm' 'write-a-driver.md folder libob_vim jansson'; do
    read -r tutorial name packages <<<"$part"
    code_of "$tutorials/$tutorial" "$name.c" >"$name.c"
    expect "$name.c has at most 150 lines" test "$(wc -l <"$name.c")" -le 150
    # shellcheck disable=SC2046,SC2086
    gcc -Wall -Wextra -Werror -o "$name" "$name.c" $(pkg-config --cflags --libs $packages) || fail "$name.c is not built"
    # shellcheck disable=SC2046,SC2086
    gcc -Wall -o "$name-static" "$name.c" $(pkg-config --cflags $packages) -Wl,-Bstatic $(pkg-config --libs $packages | sed 's/-ljansson//') \
        -Wl,-Bdynamic -ljansson -lrabbitmq -lcurl -lgnutls -lz -luuid -lm || fail "$name.c is not built with the static library"
done
code_of "$tutorials/write-a-vnfm.md" greeting-nsd.json >greeting-nsd.json
code_of "$tutorials/write-a-driver.md" folder-pop.json >folder-pop.json
# A program that needs both.
printf '#include <baton/ob_vim.h>\n#include <baton/ob_vnfm.h>\nint main(void) { struct ob_err e; return ob_vim_new(&(struct ob_vim_options){0}, &e) || ob_vnfm_new(&(struct ob_vnfm_options){0}, &e) || e.code != OB_ERR_INVALID; }\n' >both.c
gcc -Wall -Werror -o both both.c -I"$include" "$lib"/libob_vim.a "$lib"/libob_vnfm.a -lrabbitmq -lcurl -lgnutls -lz -luuid -lm
expect 'both libraries work in one program' ./both

# start_example NAME PROGRAM ENROL...: with an account that an operator makes for it.
start_example()
{
    local name=$1 lines pid
    shift
    lines=$(baton manager enrol "$(suite_account "$name")" "$@" --for env 2>>"$suite/log/enrol.log") || fail "$name is not enrolled"
    (
        eval "$lines"
        export BROKER_HOST=$OB_TEST_BROKER_HOST BROKER_PORT=$OB_TEST_BROKER_PORT LD_LIBRARY_PATH=$lib CLOUD=$suite/folder
        exec setsid "./$name" >>"$suite/log/$name.log" 2>&1
    ) &
    pid=$!
    process_identity "$pid" >"$suite/run/$name.process"
    disown "$pid"
    eventually 120 "$name is there" is_there "$name"
}
is_there()
{
    baton manager list -o json | jq -e --arg name "$(suite_account "$1")" 'any(.name == $name and .active)' >/dev/null
}
mkdir "$suite/folder"
servers() { ls "$suite/folder" | grep -c '\.server$' || true; }
suite_start_nfvo
start_example greeter --type greeter
start_example folder --kind driver --type folder
expect 'the PoP is registered' baton pop create folder-pop.json
expect 'the NSD is onboarded' baton nsd create greeting-nsd.json
# As the tutorial says: an error of a callback reaches the user, with its hint.
expect_exit 1 baton nsr create greeting --wait --timeout 180s
expect_said "'guest' is not in the mood"
expect_said 'set MOOD to good'
expect_exit 0 baton nsr delete greeting --wait --timeout 180s
code_of "$tutorials/write-a-vnfm.md" mood.json >mood.json
expect_exit 0 baton nsr create greeting --wait --timeout 180s --body mood.json
nsr=$(baton nsr list -o name)
expect 'there are two servers' test "$(servers)" == 2
expect 'what the VNFM provides is shown' grep -q greeting=hello <(baton nsr show greeting)
expect_exit 0 baton nsr scale-out greeting guest --wait --timeout 180s
expect 'there are three servers' test "$(servers)" == 3
host=$(baton nsr show greeting -o json | jq -r '.vnfr[0].vdu[0].vnfc_instance[0].hostname')
expect_exit 0 baton nsr heal greeting "$host" --cause 'it does not look well' --wait --timeout 180s
expect 'the VNFM was asked to heal it' grep -qx "HEAL $host: it does not look well" "$suite/log/greeter.log"
expect_exit 0 baton nsr scale-in greeting guest --wait --timeout 180s
expect 'there are two servers' test "$(servers)" == 2
expect_exit 0 baton nsr delete "$nsr" --wait --timeout 180s
expect 'no server is left' test "$(servers)" == 0
suite_stop greeter

# The same program over HTTP, as the tutorial says.
(
    export TYPE=greeter-http NFVO=http://127.0.0.1:$suite_port LD_LIBRARY_PATH=$lib
    exec setsid ./greeter >>"$suite/log/greeter-http.log" 2>&1
) &
pid=$!
process_identity "$pid" >"$suite/run/greeter-http.process"
disown "$pid"
sed 's/"name": "greeting"/"name": "greeting-http"/; s/"endpoint": "greeter"/"endpoint": "greeter-http"/; s/"value": "bad"/"value": "good"/' greeting-nsd.json >http-nsd.json
eventually 120 'the VNFM over HTTP is there' grep -q '^serving 0 http' "$suite/log/greeter-http.log"
expect 'the NSD is onboarded' baton nsd create http-nsd.json
expect_exit 0 baton nsr create greeting-http --wait --timeout 180s
expect_exit 0 baton nsr delete greeting-http --wait --timeout 180s
expect 'it greeted and started them' test "$(grep -cE '^hello guest-|^guest starts$' "$suite/log/greeter-http.log")" == 3
for name in greeter-http folder; do
    suite_stop $name
done
expect 'the VNFM greeted them' test "$(grep -c '^hello guest-' "$suite/log/greeter.log")" == 4

make -s -C "$e2e_top" O="${O:-build}" DESTDIR="$at" uninstall
expect 'what was there before is left, and nothing else' test "$(cd "$at" && find . -type f -o -type l | sort | xargs)" == \
    './usr/local/bin/theirs ./usr/local/lib/libtheirs.a ./usr/local/share/doc/baton/notes'

# A plain user, into a folder of his own: what is built finds it there, and nothing is left of it.
home=$suite/home
mkdir "$home"
as_user=(env HOME="$home")
if ((EUID == 0)); then
    chown nobody "$home"
    chmod 711 "$suite" # passed through
    as_user=(setpriv --reuid=nobody --regid=nogroup --clear-groups "${as_user[@]}")
fi
own() { "${as_user[@]}" make -s -C "$e2e_top" O="${O:-build}" PREFIX="$home/.local" "$1"; }
own install >"$suite/log/own-install.log" 2>&1 || fail "make install as a plain user: $(tail -5 "$suite/log/own-install.log")"
unset PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
for part in 'greeter libob_vnfm' 'folder libob_vim jansson'; do
    read -r name packages <<<"$part"
    # shellcheck disable=SC2046,SC2086
    gcc -Wall -Werror -o "own-$name" "$name.c" $(PKG_CONFIG_PATH=$home/.local/lib/pkgconfig pkg-config --cflags --libs $packages) -Wl,-rpath,"$home/.local/lib" ||
        fail "$name.c is not built against a plain user's copy"
    expect "$name uses that copy" grep -qF "$home/.local/lib/libob_" <(ldd "own-$name")
done
own uninstall
expect 'nothing is left of it' test -z "$(find "$home/.local" ! -type d)"
