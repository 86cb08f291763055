#!/usr/bin/env bash
# A call that holds the loop of its worker is named: in the log and in the job.
. "$(dirname "$0")/lib.sh"

up --load "$JOBS"
expect_exit 0 yon submit --call block ms:=300
job=$(cat "$T/out")
expect_exit 0 yon wait "$job"
expect_exit 0 yon show "$job"
grep -qE '^  held the loop [0-9]+ ms at .*block' "$T/out" ||
    fail "not named: $(cat "$T/out")"
grep -qE "warn loop-held by=\"job $job\" function=block held_ms=[0-9]+ " "$D"/log/*.log ||
    fail "not in the log"

expect_exit 0 yon show --json "$job"
[ "$(sqlite3 :memory: "select json_extract(readfile('$T/out'),
    '\$.held_loop.ms') between 100 and 60000")" = 1 ] ||
    fail "not in the document: $(cat "$T/out")"

# With the next beat the worker is known for it.
is_counted() {
    yon workers --json >"$T/out"
    [ "$(sqlite3 :memory: "select sum(json_extract(value, '\$.held_loop.times'))
        from json_each(readfile('$T/out'), '\$.workers')
        where json_extract(value, '\$.held_loop.longest_ms') >= 100")" = 1 ]
}
until_true 'the hold is counted' is_counted
expect_exit 0 yon workers
grep -qE ' 1, 0\.[0-9]s' "$T/out" || fail "not in the table: $(cat "$T/out")"

# It was the only one.
expect_exit 0 yon submit --call sleep ms:=1
expect_exit 0 yon wait "$(cat "$T/out")"
expect_exit 0 yon show "$((job + 1))"
! grep -q 'held the loop' "$T/out" || fail "blamed without a cause"
