#!/usr/bin/env bash
# Nothing runs twice at a time: a worker that is stopped, or asleep, has ended its
# runs before another worker gets them. And nothing runs again only because the
# coordinator was away.
. "$(dirname "$0")/lib.sh"

LEASE_S=4
export YON_SERVER=ipc://$T/y.sock

start_yond() {
    yond --listen "$YON_SERVER" --db "$T/y.db" --lease $LEASE_S 2>>"$T/yond" &
    yond=$!
    until_true 'yond answers' yon status
}

start_worker() {
    yon-worker --name "$1" --procs 1 --slots 1 2>>"$T/$1" &
    eval "$1=$!"
    until_true "$1 is there" has_worker "$1"
}

has_worker() {
    yon workers | grep -q "^$1 "
}

# Each attempt tells which former ones are alive, then waits at its gate.
cat >attempt <<'END'
for pid in $(cat pids.$1 2>/dev/null); do
    grep -qs '^State:.[^ZXT]' /proc/$pid/status && echo $pid >>overlap
done
echo $$ >>pids.$1
exec cat gate.$1
END

# The process that works for this supervisor.
child_of() {
    cat "/proc/$1/task/$1/children"
}

submit() {
    gate_new "gate.$1"
    job=$(yon submit -- sh "$PWD/attempt" "$1" 2>/dev/null)
    until_true "attempt 1 of $1 runs" has_started "$1" 1
}

has_started() {
    [ -s "pids.$1" ] && [ "$(wc -l <"pids.$1")" = "$2" ]
}

first_pid() {
    head -n 1 "pids.$1"
}

# $1: the job has ended well, after $2 attempts.
expect_done() {
    gate_open "gate.$1"
    expect_exit 0 yon wait "$job"
    has_started "$1" "$2" || fail "$1 was started $(wc -l <"pids.$1") times"
    [ ! -e overlap ] || fail "attempts at the same time: $(cat overlap)"
}

# A lease is about time: this test has to let it pass.
two_leases() {
    sleep $((2 * LEASE_S))
}

sed -i "s,^for,cd '$PWD'\n&," attempt
start_yond
start_worker w1

# ---- the coordinator is away for longer than a lease: adopted ----

submit away
kill -9 $yond
two_leases
start_yond
until_true 'w1 is back' has_worker w1
is_alive "$(first_pid away)" || fail 'it was stopped'
expect_done away 1

# ---- the coordinator hangs for longer than a lease: nothing is stopped ----

submit hung
kill -STOP $yond
two_leases
is_alive "$(first_pid hung)" || fail 'it was stopped'
kill -CONT $yond
yon status >/dev/null
is_alive "$(first_pid hung)" || fail 'it was stopped afterwards'
grep -q 'lease-renewed.*hangs' "$T/w1" || fail 'nobody was told'
grep -q was-away "$T/yond" || fail 'it has not noticed its pause'
expect_done hung 1

# ---- the loop is stopped: its supervisor kills it, and its program ----

submit stopped
start_worker w2
child=$(child_of $w1)
kill -STOP $child
gone $child
gone "$(first_pid stopped)"
until_true 'another attempt runs' has_started stopped 2
expect_done stopped 2

# ---- the whole machine sleeps: the first thing is to look at the clock ----

until_true 'w1 is back' has_worker w1
kill -TERM $w2
wait $w2 || fail "w2 has ended with $?"
submit asleep
start_worker w2
child=$(child_of $w1)
slept="$w1 $child $(first_pid asleep)"
kill -STOP $slept
until_true 'another attempt runs' has_started asleep 2
kill -CONT $slept
gone "$(first_pid asleep)"
expect_done asleep 2
expect_exit 0 yon show "$job"
grep -q 'worker  *w2' "$T/out" || fail "not of w2: $(cat "$T/out")"

# ---- the end of the supervisor is the end of all of it ----

until_true 'w1 is back' has_worker w1
kill -TERM $w2
wait $w2 || fail "w2 has ended with $?"
submit orphaned
child=$(child_of $w1)
kill -9 $w1
gone $child
gone "$(first_pid orphaned)"
start_worker w2
until_true 'another attempt runs' has_started orphaned 2
expect_done orphaned 2

# ---- a call holds the loop: its process is killed, with all it runs ----

kill -TERM $w2
wait $w2 || fail "w2 has ended with $?"
yon-worker --name w3 --procs 1 --slots 1 --load "$JOBS" 2>"$T/w3" &
until_true 'w3 is there' has_worker w3
submit beside
held=$(yon submit --call block ms:=600000 2>/dev/null)
until_true 'its supervisor sees it' grep -q 'does not answer' "$T/w3"
gone "$(first_pid beside)"
expect_exit 0 yon cancel "$held"
until_true 'another attempt runs' has_started beside 2
expect_done beside 2
