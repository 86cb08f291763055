#!/usr/bin/env bash
# The wall clock of the coordinator's machine jumps by days and years, while it
# runs and while it does not: nothing is removed for it, no deadline passes, and
# the log says so.
. "$(dirname "$0")/lib.sh"

export YON_SERVER=ipc://$T/s WALL_JUMP=$T/jump
# The sanitizer's library need not be first: ours replaces nothing of it.
ASAN_OPTIONS+=:verify_asan_link_order=0
day=86400 year=31536000

# By name: in LD_PRELOAD a space would end a path.
start_yond() {
    env LD_PRELOAD=wall_jump.so LD_LIBRARY_PATH="$BUILD/lib" \
        yond --listen "$YON_SERVER" --db "$T/db" --keep done=7d,failed=1s \
        2>>"$T/yond" &
    yond=$!
    until_true "yond answers" yon status
    grep -q /wall_jump.so "/proc/$yond/maps" || fail "yond has a true clock"
}

is_gone() {
    yon show "$1" && return 1 || [ $? = 3 ]
}

# Old jobs are looked for: one that failed just now goes when its second is over.
jobs_were_looked_for() {
    local failed
    failed=$(yon submit -- false)
    until_true "job $failed is removed" is_gone "$failed"
}

start_yond
yon-worker --server "$YON_SERVER" --slots 4 2>/dev/null &
gate_new gate
kept=$(yon submit -w -- true {} ::: 1 2 3 2>/dev/null)
runs=$(yon submit --deadline 1d -- cat "$PWD/gate")
waits=$(yon submit --deadline 1d --call nobody.offers.it 2>/dev/null)
for jump in $((8 * day)) $((-20 * year)) 0; do
    echo $jump >"$WALL_JUMP"
    jobs_were_looked_for
    expect_exit 0 yon wait "$kept"
done
[ "$(grep -c clock-jumped "$T/yond")" = 3 ] || fail "jumps are not logged: $(<"$T/yond")"

# A jump that nobody saw.
kill -9 "$yond"
wait "$yond" || :
echo $((8 * day)) >"$WALL_JUMP"
start_yond
jobs_were_looked_for
expect_exit 0 yon wait "$kept"
gate_open gate
expect_exit 0 yon wait "$runs"
expect_exit 0 yon show "$waits"
grep -q 'waiting' "$T/out" || fail "a deadline has passed: $(<"$T/out")"
