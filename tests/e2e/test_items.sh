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

told 'f() { printf "%s\n" {}; }; f other' "$odd"
told 'set -- x; printf "%s\n" {}' "$odd"
told 'echo $(({#} + 1))' 2
told "sh -c 'printf \"%s\\n\" \"\$1\"' sh {}" "$odd"

# Where the line has no placeholder for sh, none is put there.
expect_exit 0 yon submit -w --sh 'echo \{} # {}' ::: "$odd" $'a\ntouch PWNED'
expect_exit 0 yon result last --each --raw
expect_out '{}
{}'
for line in 'sh -c "cat {}"' "true; bash -ec 'cat {}'" 'eval cat {}' \
    'echo $((1 + {}))' 'echo $(case x in x) echo {} ;; esac)' \
    "echo \$'\\'{}'"; do
    expect_exit 2 yon submit --sh "$line" ::: "$odd"
    expect_err '--sh: '
done
for line in 'echo hi' 'echo "$HOME"'; do
    expect_exit 2 yon submit --sh "$line" ::: a b
    expect_err 'no {} in the line'
done
expect_exit 2 yon submit -I % --sh 'echo {}' ::: a b
expect_err 'no % in the line'
expect_exit 0 yon submit -w --sh 'echo "$YON_ITEM"' ::: a
expect_exit 0 yon submit -w --sh 'echo hi' --array 1-2

# Names of files as they come.
names=('a$(touch PWNED).txt' "it's" 'say "hi"' $'two\nlines' -n '  blank  '
    $'\xff\xfe' '*' '{#}' '\' '`touch PWNED`' '$HOME')
expect_exit 0 yon submit -w --sh 'printf "<%s>" {} "{}" '"'{}'" \
    ::: "${names[@]}"
for ((i = 0; i < ${#names[@]}; i++)); do
    yon result "last.$((i + 1))" --raw >got
    printf '<%s>' "${names[i]}"{,,} | cmp - got || fail "${names[i]}"
done
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
expect_exit 2 yon submit -- python3.11 -c 'print("{}")' ::: "$odd"
expect_exit 2 yon submit -- su nobody -c 'cat {}' ::: "$odd"
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
    expect_exit 0 yon result last --each
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
expect_exit 2 yon submit --call echo 'n:={.}' ::: 1
expect_err '{.} is text' 'KEY={.}'
expect_exit 2 yon submit --call echo n:={} ::: '{"$base64":"eA=="}'
expect_err 'not for items'
deep=$(printf '[%.0s' {1..16})1$(printf ']%.0s' {1..16})
expect_exit 2 yon submit --call echo n:={} ::: "$deep"
expect_err 'nested deeper than 16'
expect_exit 0 yon submit -w --call echo :={} ::: "$deep"
expect_exit 2 yon submit --call echo --sh 'true' ::: 1

# Without items a {} is a mistake, unless it is somebody else's.
for word in {} --file={}; do
    expect_exit 2 yon submit -- echo $word
    expect_err 'no items for {}' ':::' '--each-line' '--array' '-I %'
done
expect_exit 2 yon submit --sh 'cat {}'
expect_exit 2 yon submit --call echo t={}
expect_err 'no items for {}'
expect_exit 0 yon submit -w --call echo t:='"{}"' m:={}
expect_exit 0 yon submit -w -I % -- echo {}
expect_exit 0 yon result last --raw
expect_out '{}'
expect_exit 0 yon submit -w -- find na* -exec echo {} \;
expect_exit 0 yon submit -w --sh 'find na* -exec echo {} \;'
expect_exit 0 yon run echo {}
expect_out '{}'

# The item by another name, beside {} as it is.
named() {
    expect_exit 0 yon submit -w "$@"
    expect_exit 0 yon result last --raw --each
}
named -I % -- echo '%,{},{#},%' '{"{"}' ::: 'a  %{}b'
expect_out 'a  %{}b,{},{#},a  %{}b {"{"}'
expect_exit 0 yon submit -w -I % -- echo % '{.}' ::: a
expect_err '{.} is passed as it is'
named -I @@ -- find @@ -exec echo {} \; ::: 'na me.up'
expect_out 'na me.up'
named -I % --array 3-4 -- echo % {}
expect_out '3 {}
4 {}'
expect_exit 2 yon submit -- find {} -exec ls {} \; ::: .
expect_err '-I % -- find %'
expect_exit 2 yon submit -I % -- echo {} ::: a
expect_err 'no % in the command'
expect_exit 2 yon submit -I % -- echo %
expect_err 'no items for %'
expect_exit 2 yon submit -I '' -- echo {} ::: a
expect_exit 2 yon submit -I % --call echo t=% ::: a
expect_exit 0 yon submit -w --call echo 't={"{"}}{}' ::: x
[ "$(values)" = '{"t":"{}x"}' ] || fail "a call: $(values)"

# yon run has lines of sh, too.
expect_exit 3 yon run --sh 'echo "$((1 + 1)) {}"; exit 3'
expect_out '2 {}'
[ "$(echo in | yon run --sh cat)" = in ] || fail 'stdin of --sh'
expect_exit 125 yon run --sh 'true' x
expect_exit 125 yon run --sh ''
