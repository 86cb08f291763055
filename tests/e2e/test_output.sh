#!/usr/bin/env bash
# What a program writes under yon run arrives whole, however slowly it is read,
# whoever is killed meanwhile; and what was dropped is told.
. "$(dirname "$0")/lib.sh"

export YON_SERVER=ipc://$T/y.sock
LEASE_S=2

start_yond() {
    yond --listen "$YON_SERVER" --db "$T/y.db" --lease $LEASE_S 2>>"$T/yond" &
    yond=$!
    until_true 'yond answers' yon status
}

restart_yond() {
    kill -9 "$yond"
    wait "$yond" || : # until all of its threads have let go of the database
    start_yond
}

start_yond
yon-worker --name w --procs 1 --slots 4 --output-limit 1M 2>"$T/w" &
until_true 'w is there' sh -c 'yon workers | grep -q "^w "'

# Five times what is kept.
seq 1000000 >whole

# A fast program, which has written much before anybody can ask for it.
for i in 1 2 3 4 5 6 7 8 9 10; do
    n=$(yon run seq 200000 | wc -c)
    [ "$n" = 1288895 ] || fail "run $i: $n bytes of 1288895"
done

# run_slowly COMMAND...: its reader begins when it is told to, by the gate. The
# process is $run.
run_slowly() {
    rm -f pipe gate
    mkfifo pipe gate
    { cat gate && cat; } <pipe >got 2>"$T/reader" &
    reader=$!
    yon run "$@" >pipe 2>"$T/err" &
    run=$!
}

# Its program has written what there is room for, and waits: its output stands
# still.
is_blocked() {
    local pid
    pid=$(procs "$1") && [ -n "$pid" ] && grep -q pipe_write "/proc/$pid/wchan"
}

is_followed_whole() {
    gate_open gate
    wait "$run" || fail "run: exit code $?: $(cat "$T/err")"
    wait "$reader"
    cmp whole got
    [ ! -s "$T/err" ] || fail "run said: $(cat "$T/err")"
}

run_slowly seq 1000000
until_true 'the program waits for its reader' is_blocked seq
is_followed_whole

# A coordinator that is killed, while the program waits and while it does not.
run_slowly seq 1000000
until_true 'the program waits for its reader' is_blocked seq
restart_yond
is_followed_whole
run_slowly seq 1000000
gate_open gate
restart_yond
wait "$run" "$reader"
cmp whole got

# A follower that is killed holds nobody for longer than a lease.
run_slowly sh -c 'seq 1000000; echo >ended'
until_true 'the program waits for its reader' is_blocked seq
kill -9 "$run"
until_true 'the program goes on' test -e ended
kill "$reader"
id=$(yon ls -o id | head -n 1)
expect_exit 1 yon wait "$id"
expect_err 'output was dropped'

# A hole is told where it is, and no exit code hides it.
expect_exit 1 yon logs "$id"
expect_err 'bytes of stdout are missing here'
expect_exit 1 yon logs -f "$id"
expect_err 'bytes of stdout are missing here'

# A follower that was away for too long learns what it has missed.
run_slowly sh -c 'seq 1000000; echo >ended2'
until_true 'the program waits for its reader' is_blocked seq
kill -STOP "$run"
until_true 'the program goes on' test -e ended2
kill -CONT "$run"
gate_open gate
got=0
wait "$run" || got=$?
[ $got = 125 ] || fail "run, with a hole: exit code $got"
grep -q 'bytes of stdout are missing here' "$T/err" || fail "$(cat "$T/err")"
wait "$reader"

# Both outputs, and who follows from the start by yon logs.
expect_exit 3 yon run sh -c 'seq 300000; seq 300000 >&2; exit 3'
seq 300000 | cmp - "$T/out"
seq 300000 | cmp - "$T/err"
gate_new turn
yon submit --array 1-4 -- cat turn >/dev/null 2>&1
id=$(yon submit -- seq 1000000 2>/dev/null)
yon logs -f "$id" >got &
logs=$!
until_true 'four wait' sh -c 'yon status | grep -q " 4/4 slots"'
gate_open turn
wait "$logs"
cmp whole got
