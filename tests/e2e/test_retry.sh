#!/usr/bin/env bash
# Failures are tried again as their policy says, on real workers: a command that
# exits with 75, a call that asks for it; a crash is charged to its call, not to those
# beside it; too many failures end an array; yon retry starts the failed ones anew.
. "$(dirname "$0")/lib.sh"
ulimit -c 0

up --load "$JOBS" --slots 4

reason_of() {
    yon show "$1" | sed -n 's/^  reason *//p'
}
field() { # of the JSON of a job
    yon show --json "$1" >"$T/doc" &&
        sqlite3 :memory: "select json_extract(readfile('$T/doc'), '$2')"
}

# ---- retries ----

expect_exit 0 yon run --retry 2 --backoff 0 --retry-on exit=75 -- \
    sh -c '[ "$YON_TRIES" = 3 ] || exit 75; echo "start $YON_TRIES"'
expect_out 'start 3'
yon show last >"$T/shown"
[ "$(grep -c 'before .* on .*: exit 75' "$T/shown")" = 2 ] ||
    fail "no history: $(cat "$T/shown")"
[ "$(field last '$.attempts[1].exit.code')" = 75 ] || fail 'not in its JSON'

[ "$(sed -n 's/^  policy *//p' "$T/shown")" = \
    'retries 2, backoff 0ms..1ms, on exit=75' ] || fail "$(cat "$T/shown")"

expect_exit 75 yon run --retry 2 --backoff 0 --retry-on exit=1-74,lost -- \
    sh -c 'exit 75'
expect_exit 75 yon run --retry 2 --backoff 0 -- sh -c 'exit 75'
[ "$(field last '$.attempts[1].attempt')" != null ] || fail 'not two retries'

# A call asks for a retry itself, with a delay; its policy counts it.
expect_exit 0 yon call flaky times:=2 ms:=10
expect_out 3
expect_exit 1 yon call --retry 1 flaky times:=2 ms:=10
expect_err 'not yet, this is start 2'

# While it waits, lists say so; a cancel ends it, and a kill -9 loses nothing.
waits=$(yon submit --call flaky times:=1 ms:=3600000 2>/dev/null)
is_retrying() {
    [ "$(field "$waits" '$.state')" = retrying ]
}
until_true 'it waits for its retry' is_retrying
yon show "$waits" | grep -qE 'note +is started again in 3[0-9]{3} s$' ||
    fail "not said when: $(yon show "$waits")"
kill_9 yond
until_true 'it still waits' is_retrying
yon cancel "$waits" 2>/dev/null
expect_exit 7 yon wait "$waits"

# For an array, lists say that, and the last failure.
waits=$(yon submit --retry-on exit=75 --retry 1 --backoff 1h..1h --array 1-2 -- \
    sh -c 'exit $((73 + {}))' 2>/dev/null)
waits_and_has_failed() {
    yon ls | grep -qE "^ *$waits .* is started again in [0-9]+ s; $waits\.1: exit 74"
}
until_true 'one has failed, one waits for its retry' waits_and_has_failed
yon cancel "$waits" 2>/dev/null

expect_exit 2 yon submit --retry 1 --retry-on exits=1 -- true
expect_err 'exits=1'
expect_exit 2 yon submit --retry 1 --at-most-once -- true
expect_exit 2 yon submit --max-fails 3 -- true
expect_exit 2 yon submit --backoff 1s -- true

# ---- max-fails ----

many=$(yon submit --max-fails 2 --array 1-1000 -- false 2>/dev/null)
expect_exit 1 yon wait "$many"
failed=$(field "$many" '$.counts.failed')
[ "$failed" -ge 2 ] && [ "$failed" -lt 100 ] || fail "$failed have failed"
yon show "$many.1000" | grep -q 'message *max-fails: ' || fail 'not said why'
[ "$(field "$many" '$.policy.max_fails')" = 2 ] || fail 'not its policy'
# Elements that it ended had no chance, and get one.
expect_exit 0 yon retry --yes "$many"
expect_err '1 000 jobs of' "taken: $failed failed, " 'left: nothing'
expect_exit 1 yon wait "$(cat "$T/out")"

# ---- crashes ----

if ! grep -qa __asan_init "$BUILD/bin/yon-worker"; then
    beside=$(yon submit --call sleep ms:=300 2>/dev/null)
    bad=$(yon submit --call crash 2>/dev/null)
    expect_exit 1 yon wait "$bad"
    [ "$(reason_of "$bad")" = poisoned ] || fail "not: $(yon show "$bad")"
    [ "$(yon show "$bad" | grep -c 'before .* crash, SIGSEGV in function crash')" = 2 ] ||
        fail "no history: $(yon show "$bad")"
    expect_exit 0 yon wait "$beside"
    ! yon show "$beside" | grep -q 'before .*crash' || fail 'it was blamed'
fi

# ---- yon retry ----

touch "$T/broken"
half=$(yon submit -n half --array 1-6 -- \
    sh -c "[ {} -le 3 ] || [ ! -e $T/broken ]" 2>/dev/null)
expect_exit 1 yon wait "$half"
expect_exit 0 yon retry --dry-run "$half"
expect_exit 0 yon retry "$half"
again=$(cat "$T/out")
expect_err '3 jobs of' 'taken: 3 failed   left: 3 done'
expect_exit 0 yon retry "$half"
expect_out "$again"
expect_err 'already exists'
expect_exit 1 yon wait "$again"
rm "$T/broken"
expect_exit 0 yon retry "$again"
third=$(cat "$T/out")
expect_exit 0 yon wait "$third"
[ "$(field "$third" '$.counts.done')" = 3 ] || fail 'not the three that failed'
[ "$(field "$third" '$.name')" = half ] || fail 'not its name'
expect_exit 8 yon retry "$third"
expect_err 'nothing to retry'

# Cancelled elements stay so, unless they are named.
gate_new closed
shut=$(yon submit -- cat closed ::: a b 2>/dev/null)
yon cancel "$shut" 2>/dev/null
expect_exit 7 yon wait "$shut"
expect_exit 8 yon retry "$shut"
expect_err '2 cancelled' '--state cancelled'
expect_exit 0 yon retry --json --state cancelled "$shut"
[ "$(sql "select j->>'$.jobs[0].taken.cancelled' from line" "$T/out")" = 2 ] ||
    fail "not both: $(cat "$T/out")"

expect_exit 0 yon cancel last

# Jobs that go on are left, and counted; one alone is a conflict.
gate_new door
goes_on=$(yon submit -- cat door 2>/dev/null)
broken=$(yon submit -- false 2>/dev/null)
some=$(yon submit -- sh -c '[ $1 != 1 ] || exit 1; [ $1 != 2 ] || cat door' \
    sh {} ::: 1 2 3 2>/dev/null)
expect_exit 1 yon wait "$broken" "$some.1,$some.3"
expect_exit 0 yon retry "$goes_on" "$broken" "$third" "$some"
[ "$(wc -l <"$T/out")" = 1 ] || fail "retried: $(cat "$T/out")"
expect_err 'taken: 1 failed   left: 3 done, 2 not ended'
expect_exit 0 yon retry --json "$goes_on" "$broken"
[ "$(sql "select j->>'$.not_ended' from line" "$T/out")" = 1 ] ||
    fail "not told: $(cat "$T/out")"
expect_exit 0 yon retry "$some.1-3"
expect_err 'taken: 1 failed   left: 1 done, 1 not ended'
expect_exit 6 yon retry "$goes_on"
expect_err "$goes_on has not ended" "yon wait $goes_on"
expect_exit 6 yon retry "$some"
expect_err "name the elements: $some.7"
expect_exit 6 yon retry "$some.2"
expect_err "$some.2 has not ended"
expect_exit 8 yon retry "$goes_on" "$third"
expect_err '1 not ended'

# Many jobs are counted, not listed.
for _ in {1..11}; do
    yon -q submit -n lots -- false >"$T/id"
done
expect_exit 1 yon wait name:lots
expect_exit 0 yon retry name:lots
[ "$(wc -l <"$T/out")" = 11 ] || fail "retried: $(cat "$T/out")"
expect_err '11 jobs submitted again, 0 already existed' 'taken: 11 failed'
! grep -q 'yon wait' "$T/err" || fail 'a line for each'
