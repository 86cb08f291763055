#!/usr/bin/env bash
# Arguments, items, names of files and output arrive byte for byte.
. "$(dirname "$0")/lib.sh"

up --load "$JOBS"

odd=(
    'plain' 'two words' ' blanks at the ends ' $'tab\tand\rreturn' "quote's"
    'double"quote' 'back\slash' '\n' $'new\nline' $'\n' '' '*' '$HOME' '`id`'
    '{' '{}}' '%s%n' '-n' '--' 'umläut' $'latin1 \xe4' $'\xff\xfe' $'\x01\x7f'
    $'\xc0\x80' $'\xed\xa0\x80' '€𝄞' '{"a":1}' '#' '~'
)
# The worker's program writes its arguments, each ended by a NUL.
printf '%s\0' "${odd[@]}" >"$T/want"
show_args=(sh -c 'printf "%s\0" "$@"' sh)

# As arguments of one command. There {} is no placeholder: it is no array.
expect_exit 0 yon run -- "${show_args[@]}" "${odd[@]}"
cmp "$T/out" "$T/want" || fail "arguments of run"

# As items on the command line, one element each.
yon submit -w -- "${show_args[@]}" {} ::: "${odd[@]}" >"$T/id" 2>"$T/err" ||
    fail "submit ::: $(cat "$T/err")"
yon result last --each --raw >"$T/got"
cmp "$T/got" "$T/want" || fail "items on the command line"

# As lines of a file: all but those with a newline, and the empty one.
lines=()
for word in "${odd[@]}"; do
    [[ $word == *$'\n'* || -z $word ]] || lines+=("$word")
done
printf '%s\0' "${lines[@]}" >"$T/want"
printf '%s\n' "${lines[@]}" >"$T/lines"
yon submit -w --each-line "$T/lines" -- "${show_args[@]}" {} >"$T/id" 2>"$T/err" ||
    fail "submit --each-line: $(cat "$T/err")"
yon result last --each --raw >"$T/got"
cmp "$T/got" "$T/want" || fail "items of --each-line"

# The item inside a larger argument, and as YON_ITEM.
yon submit -w --each-line "$T/lines" -- sh -c \
    '[ "$1" = "<$YON_ITEM|$YON_ITEM>" ] && printf "%s\0" "$YON_ITEM"' sh '<{}|{}>' \
    >"$T/id" 2>"$T/err" || fail "YON_ITEM: $(cat "$T/err")"
yon result last --each --raw >"$T/got"
cmp "$T/got" "$T/want" || fail "YON_ITEM"

# Output of any bytes, NUL included, on both streams.
head -c 70000 /dev/urandom >"$T/bytes"
expect_exit 0 yon run -- sh -c 'cat "$1"; cat "$1" >&2' sh "$T/bytes"
cmp "$T/out" "$T/bytes" || fail "bytes on stdout"
cmp "$T/err" "$T/bytes" || fail "bytes on stderr"

# The parts of a path.
yon submit -w -- printf '%s %s %s %s %s\n' {} {.} {/} {//} {#} ::: \
    /a/b.tar.gz 'x y.c' >"$T/id" 2>"$T/err" || fail "parts: $(cat "$T/err")"
yon result last --each --raw >"$T/got"
printf '%s\n' '/a/b.tar.gz /a/b.tar b.tar.gz /a 1' 'x y.c x y x y.c . 2' |
    cmp - "$T/got" || fail "parts of a path: $(cat "$T/got")"

# Files with such names in a directory with such a name, as cwd.
mkdir $'dir \xff\n"'
cd $'dir \xff\n"'
expect_exit 0 yon run -- touch $'odd\nname \xfe'
[ -e $'odd\nname \xfe' ] || fail "the command did not run where yon was called"

# JSON output stays valid whatever the bytes are.
yon result last --each >"$T/json"
[ "$(sql "select count(*) from line where json_valid(j)" "$T/json")" = 1 ] ||
    fail "not valid: $(cat "$T/json")"
yon ls --json >"$T/json"
[ "$(sqlite3 :memory: "select json_valid(readfile('$T/json'))")" = 1 ] ||
    fail "not valid: $(cat "$T/json")"
