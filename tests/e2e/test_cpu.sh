#!/usr/bin/env bash
# Functions declared `cpu` run in processes of their own: the loop of the worker goes
# on; as many run at once as there are slots; they crash alone, end when they are
# cancelled, and do not outlive the worker.
. "$(dirname "$0")/lib.sh"
ulimit -c 0

up --load "$JOBS" --procs 1 --slots 2

state_of() {
    yon show --json "$1" >"$T/state" &&
        sqlite3 :memory: "select json_extract(readfile('$T/state'), '\$.state')"
}
is_in_state() {
    [ "$(state_of "$1")" = "$2" ]
}
start_call() {
    yon submit --call "$@" 2>/dev/null
}

# ---- they hold their cores, and not the loop ----

stubborn=$(start_call cpu_block ms:=86400000) # see the end
until_true 'the first runs' is_in_state "$stubborn" running
is_alone() {
    first=$(proc yon-worker.cpu)
}
until_true 'it has its process' is_alone
busy=$(start_call primes below:=10000000000000)
until_true 'the second runs' is_in_state "$busy" running
third=$(start_call cpu_who)
expect_exit 0 yon call add a:=2 b:=3
expect_out 5
[ "$(state_of "$third")" = waiting ] || fail 'three run on two slots'
[ "$(procs yon-worker.cpu | wc -l)" = 2 ] || fail 'not two processes'

# Asked to end, a loop that looks ends; one that does not is killed.
expect_exit 0 yon cancel "$stubborn"
expect_exit 0 yon cancel "$busy"
expect_exit 7 yon wait "$busy"
expect_exit 0 yon wait "$third"
expect_exit 0 yon result "$third"
grep -q "\"job\":$third,\"elem\":0" "$T/out" || fail "who: $(cat "$T/out")"

# ---- in them all is as in other calls ----

expect_exit 0 yon call cpu_fanout n:=10
expect_out 55
expect_exit 0 yon call cpu_sleep ms:=5
sleeper=$(start_call cpu_sleep ms:=86400000)
until_true 'the sleeper runs' is_in_state "$sleeper" running
expect_exit 0 yon cancel "$sleeper"
expect_exit 7 yon wait "$sleeper"
expect_exit 0 yon wait "$(yon submit --array 1-20 --call primes below:=1000 2>/dev/null)"
# One process did all of that, beside the one of the stubborn call.
[ "$(procs yon-worker.cpu | wc -l)" -le 2 ] || fail 'they are not used again'

# ---- they crash alone ----

if ! grep -qa __asan_init "$BUILD/bin/yon-worker"; then
    expect_exit 1 yon call cpu_crash
    expect_err 'SIGSEGV in function cpu_crash: crash'
    expect_exit 1 yon call cpu_quit
    expect_err 'exit(3) in function cpu_quit'
    expect_exit 1 yon call cpu_overflow
    expect_err 'stack of 1048576 bytes' '--stack-kb above 1024 raises'
fi
crash=$(yon submit --at-most-once --call cpu_block ms:=86400000 2>/dev/null)
until_true 'it runs' is_in_state "$crash" running
for pid in $(procs yon-worker.cpu); do
    [ "$pid" = "$first" ] || kill -9 "$pid"
done
expect_exit 1 yon wait "$crash"
expect_exit 0 yon show "$crash"
grep -q 'Killed has ended the process of function cpu_block' "$T/out" ||
    fail "not said: $(cat "$T/out")"
! grep -q 'process=1 ' "$D"/log/*.log || fail 'a loop process has ended'
! grep -q 'loop-held' "$D"/log/*.log || fail 'the loop was held'

expect_exit 7 yon wait "$stubborn"

# ---- nobody survives the worker ----

last=$(start_call cpu_block ms:=86400000)
until_true 'the last runs' is_in_state "$last" running
all=$(procs yon-worker.cpu)
[ -n "$all" ] || fail 'there is none'
kill_9 yon-worker.1
for pid in $all; do
    gone "$pid"
done
