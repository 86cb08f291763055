#!/usr/bin/env bash
# A task that takes too long expires and names the limit; one that is asked to end
# and does not is killed, a call without the others in its process.
. "$(dirname "$0")/lib.sh"

up --procs 0

# ---- without a worker ----

expect_exit 1 yon submit -w --queue-timeout 200ms -- true
expect_exit 0 yon show last
grep -q 'reason     queue-timeout' "$T/out" || fail "$(cat "$T/out")"
expect_exit 1 yon submit -w --deadline 200ms --array 1-1_000_000 -- true
expect_exit 0 yon show last
grep -q 'jobs       1 000 000: 1 000 000 expired' "$T/out" ||
    fail "$(cat "$T/out")"
expect_exit 0 yon show last.999_999
grep -q 'reason     deadline' "$T/out" || fail "$(cat "$T/out")"

# ---- with one ----

yon-worker --server "ipc://$D/yond.sock" --name one --procs 1 --slots 4 \
    --grace-ms 300 --load "$JOBS" --load "$BUILD/lib/leave.so" 2>"$T/worker" &
at_end() {
    cat "$T/worker" >&2
}
says_worker() {
    [ "$(yon workers -o id | wc -l)" = 1 ]
}
until_true 'the worker is there' says_worker

# expired REASON ENDED_BY: the last job ended so.
expired() {
    expect_exit 0 yon show --json last
    [ "$(sqlite3 :memory: "select json_extract(j, '\$.state') || ' ' ||
        json_extract(j, '\$.reason') || ' ' || json_extract(j, '\$.ended_by')
        from (select readfile('$T/out') as j)")" = "expired $1 $2" ] ||
        fail "not $1, $2: $(cat "$T/out")"
}
trap_term='trap "" TERM; echo $$; while :; do sleep 0.1 || :; done'

expect_exit 1 yon submit -w --run-timeout 200ms -- sleep 60
expired run-timeout asking
expect_exit 1 yon submit -w --run-timeout 500ms -- \
    sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'
expired run-timeout asking
expect_exit 0 yon show last
grep -q 'exit code  7' "$T/out" || fail "not how it exited: $(cat "$T/out")"
expect_exit 1 yon submit -w --run-timeout 200ms -- sh -c "$trap_term"
expired run-timeout kill
is_dead "$(yon result last --raw)" || fail 'a program that traps TERM lives on'
expect_exit 1 yon submit -w --idle-timeout 400ms -- \
    sh -c 'for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done; sleep 60'
expired idle-timeout asking
[ "$(yon result last --raw | tail -n 1)" = 8 ] || fail 'stopped while it wrote'
expect_exit 1 yon submit -w --deadline 500ms -- sleep 60
expired deadline asking
expect_exit 125 yon run --run-timeout 200ms -- sleep 60
expect_err 'it ran longer than 0.200 s'

# The grace is for all that were asked, whatever becomes of their shell.
expect_exit 1 yon submit -w --run-timeout 200ms -- sh -c "($trap_term); :"
expired run-timeout kill

expect_exit 1 yon call --run-timeout 200ms sleep ms:=60000
expired run-timeout asking
expect_exit 1 yon call --idle-timeout 200ms sleep ms:=60000
expired idle-timeout asking
expect_exit 0 yon call --run-timeout 30s --idle-timeout 30s sleep ms:=10

# ---- a call that goes on: it is ended by force, and the others run on ----

# The attempt that a job runs in, or has ended in.
attempt_of() {
    yon show --json "$1" >"$T/out"
    sqlite3 :memory: "select json_extract(readfile('$T/out'), '\$.attempt')"
}
runs() {
    yon show "$(cat "$1")" | grep -q ': running'
}
n_started() {
    [ "$(grep -c ' started .*slots=' "$T/worker")" -ge "$1" ]
}
n=$(grep -c ' started .*slots=' "$T/worker")
# deaf gets each await refused, and so has a turn after all others.
for call in 'stubborn ms:=60000' deaf; do
    yon submit --call sleep ms:=1500 >"$T/other" 2>/dev/null
    until_true 'it runs' runs "$T/other"
    attempt=$(attempt_of "$(cat "$T/other")")
    # shellcheck disable=SC2086
    expect_exit 1 yon call --run-timeout 200ms $call
    expired run-timeout kill
    runs "$T/other" || fail 'the outcome has waited for the other one'
    expect_exit 0 yon wait "$(cat "$T/other")"
    [ "$(attempt_of "$(cat "$T/other")")" = "$attempt" ] ||
        fail 'the other one was started again'
    n=$((n + 1))
    until_true 'the process is replaced' n_started $n
done
# A thread works for it: the process ends with it, and the others run again.
yon submit --call sleep ms:=1500 >"$T/other" 2>/dev/null
until_true 'it runs' runs "$T/other"
expect_exit 1 yon call --run-timeout 200ms thread_deaf
expired run-timeout kill
expect_exit 0 yon wait "$(cat "$T/other")"
n=$((n + 1))
until_true 'the process is replaced' n_started $n
grep -q 'warn call-stuck' "$T/worker" || fail 'nobody says so'
[ "$(grep -c 'warn process-worn' "$T/worker")" = 2 ] || fail 'nobody says so'
yon submit --call stubborn ms:=60000 >"$T/job" 2>/dev/null
until_true 'it runs' runs "$T/job"
expect_exit 0 yon cancel --reason 'not needed' last
expect_exit 7 yon wait last
expect_exit 0 yon show last
grep -q 'message    not needed' "$T/out" &&
    grep -q 'ended by   being killed' "$T/out" || fail "$(cat "$T/out")"
until_true 'the process is replaced' n_started $((n + 1))

# ---- yon cancel ----

gate_new gate
yon submit -n many --array 1-200 -- cat gate >/dev/null 2>&1
expect_exit 0 yon cancel --dry-run name:many
expect_out 200
expect_exit 2 yon cancel name:many </dev/null
expect_err '--yes'
expect_exit 8 yon cancel --state waiting --yes
expect_exit 0 yon cancel --state running --yes
expect_exit 7 yon wait name:many
expect_exit 8 yon cancel --state running --yes
