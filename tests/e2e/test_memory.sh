#!/usr/bin/env bash
# A coordinator with little memory takes what it has room for, and lets others
# wait; it does not end, and all is served in the end.
. "$(dirname "$0")/lib.sh"

# What a sanitizer reserves is far more than that.
[ -z "$(nm -D "$BUILD/bin/yond" 2>/dev/null | grep -E '__(asan|tsan)_init')" ] ||
    skip "a sanitizer needs all of the address space"

export YON_SERVER=ipc://$T/s
(
    ulimit -v 300000
    exec yond --listen "$YON_SERVER" --db "$T/db" 2>"$T/yond"
) &
yond=$!
until_true "yond answers" yon status
grep -q 'by="ulimit -v"' "$T/yond" || fail "the limit is not seen: $(<"$T/yond")"

head -c 900000 /dev/urandom >blob
n=0
submit_many() {
    local i
    for i in {1..400}; do
        yon submit --stdin blob -- wc -c >>"$T/ids" 2>"$T/waits"
    done
    : >"$T/all"
}
submit_many &

is_told() {
    grep -q 'queue is full' "$T/waits"
}
until_true "a submit waits for room" is_told
is_alive "$yond" || fail "yond has ended: $(<"$T/yond")"
expect_exit 0 yon status
n=$(wc -l <"$T/ids")
[ "$n" -gt 50 ] && [ "$n" -lt 399 ] || fail "$n submits had room"

yon-worker --server "$YON_SERVER" --slots 8 2>/dev/null &
worker=$!
EXPECT_WITHIN=120
until_true "all are accepted" test -e "$T/all"
expect_exit 0 yon wait all
[ "$(wc -l <"$T/ids")" = 400 ] || fail "some were not accepted"
[ "$(procs yond)" = "$yond" ] || fail "yond has ended: $(<"$T/yond")"
expect_exit 0 yon logs "$(tail -n 1 "$T/ids")"
grep -qx 900000 "$T/out" || fail "the last one counted $(<"$T/out")"
kill -9 "$worker" "$yond"
wait "$yond" || :

# A queue that is larger than memory: yond says what to do, and loses nothing.
yond --listen "$YON_SERVER" --db "$T/large" 2>/dev/null &
yond=$!
until_true "yond answers" yon status
for i in {1..60}; do
    yon submit --stdin blob -- wc -c >>"$T/kept" 2>/dev/null
done
kill -9 "$yond"
wait "$yond" || : # for its lock, too
expect_exit 1 sh -c 'ulimit -v 60000; exec yond --listen "$1" --db "$2"' \
    sh "$YON_SERVER" "$T/large"
grep -q 'raise the limit.*MemoryMax=.*start yond again' "$T/err" ||
    fail "it does not say what to do: $(<"$T/err")"
yond --listen "$YON_SERVER" --db "$T/large" 2>/dev/null &
yond=$!
until_true "yond answers" yon status
for i in $(<"$T/kept"); do
    expect_exit 0 yon show "$i"
done

# A worker with little memory runs fewer at once, and does not end.
(
    ulimit -v 140000
    exec yon-worker --server "$YON_SERVER" --procs 1 --slots 64 2>"$T/worker"
) &
worker=$!
expect_exit 0 yon submit -q -w --array 1-100 -- \
    sh -c 'head -c 1500000 /dev/zero; head -c 1500000 /dev/zero >&2; sleep 0.1'
grep -q 'memory-limited by="ulimit -v" slots=' "$T/worker" ||
    fail "the worker takes all: $(<"$T/worker")"
! grep -q process-ended "$T/worker" || fail "it died: $(<"$T/worker")"
