#!/usr/bin/env bash
# Items are data, and nothing typed is taken literally by mistake.
. "$(dirname "$0")/lib.sh"

up --slots 2

# One line for the items that runs `--sh LINE`, for three awkward ones.
odd='a b$(touch PWNED)'"'"'"`touch PWNED`;touch PWNED'
told() {
    expect_exit 0 yon submit -w --sh "$1" ::: "$odd"
    expect_exit 0 yon result last --each --raw
    printf '%s\n' "$2" | cmp -s - "$T/out" ||
        fail "--sh $1 gave $(cat "$T/out"), expected $2"
}

told 'printf "%s\n" {}' "$odd"
told 'printf "%s\n" "<{}>"' "<$odd>"
told "printf '%s\n' '<{}>'" "<$odd>"
told 'x=$(printf %s {}); echo "$x"' "$odd"
told 'echo "$(printf %s {})"' "$odd"
told 'echo "`printf %s {}`" # it'"'"'s {}' "$odd"
told 'echo {#}' 1
[ ! -e PWNED ] || fail 'an item was run'

echo hello >'na me.txt'
expect_exit 0 yon submit -w --sh 'tr a-z A-Z < {} > {.}.up' ::: 'na me.txt'
[ "$(cat 'na me.up')" = HELLO ] || fail 'redirections'
expect_exit 2 yon submit --sh 'cat <<E
{}
E' ::: a
expect_err 'here-document' 'YON_ITEM'
expect_exit 2 yon submit --sh 'cat {}' -- cat ::: a
expect_exit 2 yon submit --sh '' ::: a

# As code of a shell or of others items are refused, with what is right.
expect_exit 2 yon submit -- sh -c 'cat {}' ::: "$odd"
expect_err '--sh' 'sh {}'
expect_exit 2 yon submit -- env nice /bin/bash -ec 'cat {.}' ::: "$odd"
expect_err '--sh'
expect_exit 2 yon submit -- python3 -c 'print("{}")' ::: "$odd"
expect_err 'argument of its own'
expect_exit 0 yon submit -w -- sh -c 'echo "$1"' sh {} ::: "$odd"
expect_exit 0 yon submit -w --array 1-2 -- sh -c 'exit $(({} - {}))'
expect_exit 0 yon submit -w -- sh -c 'echo >out.{#}' ::: a
[ -e out.1 ] || fail 'a number is no code'
[ ! -e PWNED ] || fail 'an item was run'

# A command that does not use its items gets each behind its words.
expect_exit 0 yon submit -w -- echo x ::: a b
expect_exit 0 yon result last --each --raw
expect_out "x a
x b"
expect_exit 0 yon submit -w --array 1-2 -- true

expect_exit 125 yon run echo {} ::: a b
expect_err 'yon submit -w'
expect_exit 2 yon submit -- echo {} :::+ a b
expect_err 'no :::+'
expect_exit 2 yon submit --call f n:={} ::: 1 2
expect_err 'n:={}' 'KEY={}'
expect_exit 0 yon submit -w -- echo {}
expect_err '--each-line'
