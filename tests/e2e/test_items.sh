#!/usr/bin/env bash
# Items are data, and nothing typed is taken literally by mistake.
. "$(dirname "$0")/lib.sh"

up --slots 2 --load "$JOBS"

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

# Values and texts for calls.
values() {
    expect_exit 0 yon result "${1:-last}" --each
    sql "select group_concat(j ->> '\$.value', ' ') from line" "$T/out"
}
expect_exit 0 yon submit -w --call echo n:={} t={} --array 1-3
[ "$(values)" = '{"n":1,"t":"1"} {"n":2,"t":"2"} {"n":3,"t":"3"}' ] ||
    fail "numbers: $(values)"
expect_exit 0 yon submit -w --call echo :={} -- \
    ::: '{"b":[1,-2.5,{}],"a":"\u00e9"}' 7 '"t"' true
[ "$(values)" = '{"b":[1,-2.5,{}],"a":"é"} 7 t 1' ] || fail "JSON: $(values)"
expect_exit 0 yon submit -w --call echo \
    'l:=[{},{#},"{}",{ },"\"{}"]' ::: null '[3]'
want='{"l":[null,1,"null",{},"\"null"]} {"l":[[3],2,"[3]",{},"\"[3]"]}'
[ "$(values)" = "$want" ] || fail "within a list: $(values)"
echo '{"n":{"$item":"{}"}}' >args.json
expect_exit 0 yon submit -w --call echo --args args.json --array 0-1
[ "$(values)" = '{"n":0} {"n":1}' ] || fail "in a file: $(values)"
expect_exit 0 yon show last
grep -qF '{"n":{"$item":"{}"}}' "$T/out" || fail "show: $(cat "$T/out")"
expect_exit 1 yon submit -w --call fail n:={} ::: 1
yon retry last >again
expect_exit 1 yon wait "$(cat again)"
expect_exit 2 yon submit --call echo n:={} ::: 1 a.txt
expect_err 'item 2, a.txt' 'not JSON' 'KEY={}'
expect_exit 2 yon submit --call echo n:={.} ::: 1
expect_err '{.} is text' 'KEY={.}'
expect_exit 2 yon submit --call echo n:={} ::: '{"$base64":"eA=="}'
expect_err 'not for items'
deep=$(printf '[%.0s' {1..16})1$(printf ']%.0s' {1..16})
expect_exit 2 yon submit --call echo n:={} ::: "$deep"
expect_err 'nested deeper than 16'
expect_exit 0 yon submit -w --call echo :={} ::: "$deep"
expect_exit 2 yon submit --call echo --sh 'true' ::: 1
expect_exit 0 yon submit -w -- echo {}
expect_err '--each-line'
