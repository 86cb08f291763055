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
EXPECT_WITHIN=120
until_true "all are accepted" test -e "$T/all"
expect_exit 0 yon wait all
[ "$(wc -l <"$T/ids")" = 400 ] || fail "some were not accepted"
[ "$(procs yond)" = "$yond" ] || fail "yond has ended: $(<"$T/yond")"
expect_exit 0 yon logs "$(tail -n 1 "$T/ids")"
grep -qx 900000 "$T/out" || fail "the last one counted $(<"$T/out")"
