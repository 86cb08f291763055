#!/usr/bin/env bash
# Elements go by the numbers that people wrote, also when they run again, and
# are named with their items.
. "$(dirname "$0")/lib.sh"

up --slots 4

is() {
    [ "$1" = "$2" ] || fail "got: $1, expected: $2"
}

submit() {
    yon -q submit "$@" 2>/dev/null
}

# The value at a path in the JSON that the command prints.
json() {
    local path=$1
    shift
    "$@" >"$T/json" 2>/dev/null || :
    sqlite3 :memory: "select cast(readfile('$T/json') as text)->>'$path'"
}

names_it() {
    grep -q -- "$1" "$T/err" || fail "not named $1: $(cat "$T/err")"
}

# ---- ranges ----

told='echo $YON_JOB $YON_INDEX $YON_ITEM $1; [ "$YON_INDEX" != 11 ]'
range=$(submit --array 10-12 -- sh -c "$told" sh '{#}{}')
expect_exit 1 yon wait -p "$range"
expect_err "$range.11 on"
! grep -q "$range.2 " "$T/err" || fail "the place shows: $(cat "$T/err")"
expect_exit 0 yon logs "$range.11"
expect_out "$range.11 11 11 1111"
expect_exit 0 yon logs "$range.11-99"
is "$(xargs <"$T/out")" "$range.11 11 11 1111 $range.12 12 12 1212"
expect_exit 3 yon show "$range.2"
expect_err "no job $range.2"
is "$(yon show "$range.11" | head -1)" "$range.11 command: failed"
is "$(yon show "$range.11" | tail -1 | xargs)" "next: yon result $range.11 yon logs $range.11"
is "$(yon show "$range" | tail -1 | xargs)" "next: yon result $range --each"
is "$(json '$.id' yon show --json "$range.11")" "$range.11"
is "$(yon ls --state failed -o id)" "$range.11"
is "$(json '$.jobs[0].last_failure.id' yon ls --json)" "$range.11"
is "$(yon result "$range" --each | sed 's/,.*//' | xargs)" \
    "{id:$range.10 {id:$range.11 {id:$range.12"
is "$(yon wait "$range.10,$range.12" -o id | xargs)" "$range.10 $range.12"

# Steps, also downwards; 0 and less.
down=$(submit -w --array 20-0:-10 -- sh -c 'echo $YON_INDEX')
is "$(yon logs "$down" | xargs)" "20 10 0"
is "$(yon logs "$down.0-10" | xargs)" "10 0"
is "$(yon logs "$down.0-20:20" | xargs)" "20 0"
expect_exit 3 yon logs "$down.5"
less=$(submit -w --array -2-2 -- sh -c 'echo $YON_JOB')
is "$(yon logs "$less.-2--1" | xargs)" "$less.-2 $less.-1"
is "$(yon logs "$less.0")" "$less.0"

# As before.
from_one=$(submit -w --array 1-3 -- sh -c 'echo $YON_JOB')
is "$(yon logs "$from_one" | xargs)" "$from_one.1 $from_one.2 $from_one.3"

# ---- retry keeps the numbers ----

good='[ "$YON_INDEX" = 5 ] || [ -e mended ] || exit 3; echo $YON_JOB >out.$1'
first=$(submit --array 5-8 -- sh -c "$good" sh '{#}')
expect_exit 1 yon wait "$first"
is "$(cat out.5)" "$first.5"
touch mended
expect_exit 0 yon wait "$(yon retry -q "$first.8" 2>/dev/null)"
again=$(yon retry -q "$first.6-7" 2>/dev/null)
expect_exit 0 yon wait "$again"
is "$(cat out.5 out.6 out.7 | xargs)" "$first.5 $again.6 $again.7"
is "$(yon result "$again" --each | sed 's/,"state.*//' | tr -d '"' | xargs)" \
    "{id:$again.6,item:6 {id:$again.7,item:7"
expect_exit 3 yon show "$again.1"

# A retry of a retry, of words.
rm mended
words=$(submit -- sh -c "[ \$1 = b ] || [ -e mended ] || exit 4; echo \$YON_JOB" \
    sh {} ::: a b c)
expect_exit 1 yon wait "$words"
once=$(yon retry -q "$words" 2>/dev/null)
expect_exit 1 yon wait -p "$once"
names_it "$once.[13] ([ac]) on"
touch mended
twice=$(yon retry -q "$once.3" 2>/dev/null)
expect_exit 0 yon wait "$twice"
is "$(yon logs "$twice")" "$twice.3"
is "$(yon logs "$twice.3")" "$twice.3"

# ---- the item stands where an element is named ----

named=$(submit -- sh -c "[ \$1 != b ]" sh {} ::: a b c)
expect_exit 1 yon wait "$named"
names_it "$named.2 (b) on .*: exit 1"
yon ls --state failed >"$T/out"
grep -q "^ *$named.2 .* b: exit 1" "$T/out" || fail "$(cat "$T/out")"
is "$(json '$.jobs[0].item' yon ls --state failed --json)" b
is "$(json '$.jobs[0].last_failure.item' yon ls --json)" b
is "$(json '$.jobs[0].item' yon wait --json "$named.2")" b
