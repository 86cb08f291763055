#!/usr/bin/env bash
# Selectors name the jobs they should, and logs, ls and cancel take them.
. "$(dirname "$0")/lib.sh"

up --slots 4

for word in one two three; do
    yon -q submit -w -n "$word" -- echo "$word" >"$T/id"
done
yon -q submit -w -n many --array 1-10 -- sh -c 'echo $1; echo e$1 >&2' sh {} >"$T/id"

logs() {
    expect_exit 0 yon logs "$@"
    xargs <"$T/out"
}

is() {
    [ "$1" = "$2" ] || fail "got: $1, expected: $2"
}

is "$(logs 2)" two
is "$(logs 1,3)" "one three"
is "$(logs 3 1)" "three one"
is "$(logs name:two)" two
is "$(logs 4.7)" 7
is "$(logs 4.2-9:3)" "2 5 8"
is "$(logs last.3)" 3
is "$(logs last)" "1 2 3 4 5 6 7 8 9 10"
is "$(logs last:2 | wc -w)" 11
is "$(logs 2-3)" "two three"
is "$(logs 1-3:2)" "one three"
is "$(yon result 1-3 --each | sed 's/,.*//' | xargs)" "{id:1 {id:2 {id:3"
is "$(logs all | wc -w)" 13
is "$(logs --stderr 4.3)" e3
is "$(logs -f 4.3-4)" "3 4"
is "$(yon ls --all -o id | xargs)" "4 3 2 1"
expect_exit 3 yon logs 4.11
expect_exit 0 yon result 4.9-99 --each
is "$(wc -l <"$T/out")" 2

# Follow a command that runs: each line is there before the next is written.
gate_new gate
yon -q submit -- sh -c 'echo first; cat gate; echo second' >"$T/id"
id=$(cat "$T/id")
yon logs -f "$id" >"$T/follow" &
follower=$!
until_true "the first line has come" grep -q first "$T/follow"
is "$(logs "$id")" first
gate_open gate
wait $follower
is "$(xargs <"$T/follow")" "first second"

# Waiting elements can be cancelled by number.
yon -q submit --array 1-8 -- cat gate >"$T/id"
id=$(cat "$T/id")
expect_exit 0 yon cancel "$id.7-8"
expect_err "cancelled 2 waiting"
expect_exit 7 yon wait "$id.7-8"
expect_exit 0 yon cancel "$id"
expect_exit 7 yon wait "$id"
expect_exit 6 yon cancel "$id.1-3:2"

# A state is searched among all jobs, not only the recent ones.
expect_exit 1 yon -q submit -w -- false
old=$(cat "$T/out")
for _ in {1..11}; do
    yon -q submit -w -- true >"$T/id"
done
is "$(yon ls -o id | grep -cx "$old" || :)" 0
is "$(yon ls --state failed -o id)" "$old"
expect_exit 0 yon ls --state lost
grep -q "^no lost jobs; " "$T/out" || fail "$(cat "$T/out")"

# A long list comes while it is read: several tables, one document.
yon -q submit --array 1-2001 -- cat gate >"$T/id"
id=$(cat "$T/id")
expect_exit 0 yon cancel --yes "$id"
expect_exit 7 yon wait "$id"
expect_exit 0 yon ls --state cancelled
is "$(grep -c "^ *$id\." "$T/out")" 2001
[ "$(grep -c '^ *ID ' "$T/out")" -gt 1 ] || fail "one table of thousands"
expect_exit 0 yon ls --state cancelled --json
is "$(sqlite3 :memory: "select json_array_length(readfile('$T/out'), '$.jobs') > 2000")" 1

# Many jobs are counted, not listed.
many=$(yon -q submit --array 1-1000 -- cat gate)
expect_exit 0 yon cancel --yes "$many"
expect_exit 7 yon wait "$many"
expect_exit 7 yon result --raw "$many"
is "$(wc -l <"$T/err")" 11
expect_err "yon: and 990 more that are not done"
for _ in {1..11}; do
    yon -q submit -n lots -- cat gate >"$T/id"
done
expect_exit 0 yon cancel name:lots name:many
is "$(wc -l <"$T/err")" 1
expect_err "12 jobs: cancelled " "10 had ended"
