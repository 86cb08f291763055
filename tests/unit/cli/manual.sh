#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# manual.sh BIN MAN: the pages of the manual have all that there is: programs, commands
# and their options, functions and their errors, variables, exit codes. mandoc, when it
# is there, finds nothing wrong with them.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
bin=$1 man=$2
export LC_ALL=C.UTF-8
n=0

fail() {
    echo "$*" >&2
    n=$((n + 1))
}

# The text of each page, in which words are as they were written.
declare -A text
for file in "$man"/man?/*; do
    text[${file#"$man"/}]=$(sed -e 's/\\f[BIRP]//g' -e 's/\\-/-/g' "$file")
done

# has FILE TEXT
has() {
    [[ ${text[$1]-} = *"$2"* ]] || fail "$1 does not say: $2"
}

# options COMMAND...: the names of those in what it says to --help, of its own.
options() {
    "$@" --help | sed -n -e '/^Global options/q' -e 's/^ \{2,6\}\(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}

# options_stand FILE NAME...: each begins an entry.
options_stand() {
    local file=$1 option
    shift
    for option; do
        [[ ${text[$file]-} =~ $'\n.TP\n'(-., )?"$option"[$' \n'] ]] ||
            fail "$file has no entry $option"
    done
}

# ---- programs and commands ----

commands=$("$bin/yon" --help | awk '/^(Jobs|Cluster|Admin|Watching)$/ { on = 1; next }
    /^$/ { on = 0 } on { print $1 }')
[ "$(wc -w <<<"$commands")" -gt 15 ] || fail "only these commands: $commands"
for command in $commands; do
    options_stand "man1/yon-$command.1" $(options "$bin/yon" "$command")
    has man1/yon.1 ".BR yon-$command (1)"
done
[ "$(options "$bin/yon" submit | wc -l)" -gt 20 ] || fail "the options of submit are not seen"
options_stand man1/yon.1 $("$bin/yon" --help | sed -n 's/^ \{2,6\}\(-., \)\{0,1\}\(--[a-z-]*\) .*/\2/p')
for program in yond yon-worker; do
    options_stand "man8/$program.8" $(options "$bin/$program")
done

# ---- functions ----

while read -r function suspends; do
    names=$(sed -n '/^\.SH NAME/{n;s/ - .*/,/p}' <<<"${text[man3/$function.3]-}")
    [[ " $names" = *" $function,"* ]] || fail "man3/$function.3 does not name it"
    has man3/libyon.3 ".BR $function (3)"
    [ -z "$suspends" ] || has "man3/$function.3" ".B YON_ECANCELLED"
done < <("$root/docs/reference" --functions)
[ "$(ls "$man/man3" | wc -l)" -gt 140 ] || fail "there are only $(ls "$man/man3" | wc -l) functions"
for code in $(sed -n 's/^ *X(\([A-Z]*\), .*/YON_E\1/p' "$root/include/yon/err.h"); do
    has man3/libyon.3 ".B $code"
done

# ---- what is around ----

for name in $(sed -n '/identity\[\] = {/,/}/p' "$root/worker/shell/exec/program.c" |
    grep -o 'YON_[A-Z]*') YON_WORKER \
    $(sed -n '/of_machine\[\]/,/}/p' "$root/client/cli/surroundings.c" |
        grep -o '"[A-Z_]*"' | tr -d '"') 'SSH_*'; do
    has man7/yon-processes.7 "$name"
done
for code in $(sed -n 's/^ *EXITS_[A-Z]* = \([0-9]*\).*/\1/p' "$root/client/cli/exits.h"); do
    has man1/yon.1 "$code"
done
for name in $(grep -rhoE 'getenv\("(YON_[A-Z_]*)"' "$root"/{client,libcommon}/ --include='*.c' |
    grep -o 'YON_[A-Z_]*' | sort -u); do
    [[ ${text[man1/yon.1]} = *"$name"* ]] || has man7/yon-in-your-program.7 "$name"
done

if command -v mandoc >/dev/null; then
    mandoc -Tlint -W warning "$man"/man?/* >&2 || fail "mandoc finds mistakes"
fi
[ $n = 0 ]
