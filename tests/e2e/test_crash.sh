#!/usr/bin/env bash
# A call that crashes takes its process down: it alone is blamed, the others run
# again. With their supervisor all processes of a worker go, commands as well.
. "$(dirname "$0")/lib.sh"
! grep -qa __asan_init "$BUILD/bin/yon-worker" ||
    skip 'the sanitizer has the signals'
ulimit -c 0

up --load "$JOBS"
for i in 1 2 3; do
    yon submit --call sleep ms:=2000 >"$T/sleep$i" 2>/dev/null
done
n_running() {
    [ "$(yon ls --json | grep -o '"state":"running"' | wc -l)" = "$1" ]
}
until_true 'the sleeps run' n_running 3
expect_exit 0 yon submit --call crash
crash=$(cat "$T/out")
expect_exit 1 yon wait "$crash"
expect_exit 0 yon show "$crash"
grep -q 'reason     poisoned' "$T/out" &&
    grep -qE 'message +3 crashes of its own, the last: SIGSEGV in function crash: crash' "$T/out" ||
    fail "not blamed: $(cat "$T/out")"
expect_exit 0 yon show --json "$crash"
[ "$(sqlite3 :memory: "select json_extract(readfile('$T/out'),
    '\$.exit.signal')")" = 11 ] || fail "not its signal: $(cat "$T/out")"
for i in 1 2 3; do
    expect_exit 0 yon wait "$(cat "$T/sleep$i")"
    expect_exit 0 yon show "$(cat "$T/sleep$i")"
    grep -q ': done' "$T/out" || fail "a sleep is not done: $(cat "$T/out")"
done

# Its thread is not the loop's: found all the same.
expect_exit 1 yon call thread_crash
expect_err 'crashes of its own' 'SIGSEGV in a thread of function thread_crash: write_nowhere'

expect_exit 0 yon submit --call quit
quit=$(cat "$T/out")
expect_exit 1 yon wait "$quit"
expect_exit 0 yon show "$quit"
grep -q 'reason     poisoned' "$T/out" &&
    grep -qE 'message +3 crashes of its own, the last: exit\(3\) in function quit: .*quit' "$T/out" ||
    fail "not blamed: $(cat "$T/out")"
grep -q 'process-ended process=[0-9]* exit_code=3 ' "$D"/log/worker.log ||
    fail "the supervisor does not say so"
grep -q 'info process-started process=' "$D"/log/worker.log ||
    fail "its successor is not in the log: $(cat "$D"/log/worker.log)"

expect_exit 1 yon call overflow
expect_err 'function overflow' 'stack of 65536 bytes' '--stack-kb above 64 raises'

# ---- the end of the supervisor is the end of all ----

gate_new gate
yon submit -- cat gate >/dev/null 2>&1
runs_cat() {
    [ -n "$(procs cat)" ]
}
until_true 'the command runs' runs_cat
child=$(procs yon-worker.1)
cat=$(proc cat)
kill_9 yon-worker
gone "$child"
gone "$cat"

# ---- several processes ----

yon-worker --server "ipc://$D/yond.sock" --name many --procs 3 --slots 4 \
    --load "$JOBS" 2>"$T/many" &
many=$!
has_workers() {
    [ "$(yon workers | grep -c '^many\.[123] ')" = "$1" ]
}
until_true 'three have come' has_workers 3
kill -TERM $many
wait $many || fail "exit code $? of a worker that has drained"
until_true 'they have gone' has_workers 0
