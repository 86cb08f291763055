#!/usr/bin/env bash
# Exit codes of wait, run, result tell how a job ended, and who ended it.
. "$(dirname "$0")/lib.sh"

up --slots 4 --load "$JOBS"

id() {
    yon -q submit "$@"
}

good=$(id -- true)
bad=$(id -n trouble -- sh -c 'echo "no such luck" >&2; exit 7')
mixed=$(id -- sh -c 'exit $1' sh {} ::: 0 0 3)
expect_exit 0 yon wait "$good"
expect_exit 1 yon wait "$bad"
expect_err "$bad trouble: 1 failed of 1" "yon logs $bad"
expect_exit 1 yon wait "$good" "$bad"
expect_exit 0 yon wait --exit-zero "$bad"
expect_exit 1 yon wait "$mixed"
expect_err "1 failed of 3" "$mixed.3"
expect_err "yon ls --state failed    yon result $mixed --each"
expect_exit 1 yon wait "$mixed.2-3"
expect_err "yon result $mixed.2-3 --each"
expect_exit 0 yon wait "$mixed.1-2"
expect_exit 1 yon wait "$mixed.3"
expect_exit 1 yon wait name:trouble
expect_exit 1 yon wait "$good" "$mixed"
expect_err "see: yon ls --state failed    yon show $mixed.3"
expect_exit 0 yon wait all # those that failed have ended before
expect_err "all jobs have ended"
expect_exit 0 yon wait --any all
expect_exit 1 yon submit -w -- false

# The hints lead somewhere: neither a call nor a job that never started has output.
expect_exit 1 yon submit -w --call add a:=1
expect_err "see: yon show $(cat "$T/out")"
expect_exit 1 yon submit -w -- ./nowhere
expect_err "see: yon show $(cat "$T/out")"
expect_exit 1 yon submit -w -- ./nowhere ::: 1
expect_err "see: yon show $(cat "$T/out").1"
gate_new busy
busy=$(id --array 1-4 -- cat busy)
late=$(id --queue-timeout 10ms --array 1-2 -- true)
expect_exit 1 yon wait "$late"
expect_err "yon ls --state expired    yon result $late --each"
expect_exit 1 yon wait "$late.2"
expect_err "see: yon show $late.2"
expect_exit 124 yon wait --timeout 100ms "$busy.1-4:3"
expect_err "yon cancel $busy.1-4:3"
expect_exit 0 yon cancel "$busy"
expect_exit 0 yon submit -w -- true

# Cancelled: nobody waits in vain.
gate_new gate
stuck=$(id -- cat gate)
expect_exit 124 yon wait --timeout 100ms "$stuck"
expect_err "timed out" "yon cancel $stuck"
expect_exit 0 yon wait --any "$stuck" "$good"
expect_out "$good"
expect_exit 124 yon wait --timeout 100ms all
expect_exit 124 yon wait --timeout 100ms "$good" all
# With several that have ended, one is named, and only that one is described.
for _ in {1..20}; do
    expect_exit 0 yon wait --any "$good" "$bad" "$mixed"
    expect_out "$good"
    [ ! -s "$T/err" ] || fail "told of others: $(cat "$T/err")"
    expect_exit 1 yon wait --any "$bad" "$good" "$mixed"
    expect_out "$bad"
    expect_err "$bad trouble: 1 failed of 1" "failure: $bad"
    expect_exit 1 yon wait -p --any "$mixed.3" "$bad"
    expect_out "$mixed.3"
    expect_err "$mixed.3 sh: 1 failed of 1" "last failure $mixed.3"
    ! grep "no such luck" "$T/err" || fail "told of others"
done
expect_exit 1 yon wait --any "$mixed.3" "$bad"
expect_out "$mixed.3"
expect_err "$mixed.3 sh: 1 failed of 1" "failure: $mixed.3"
# Of an array one element is enough: one that has ended, or the first that does.
expect_exit 0 yon wait --any "$mixed"
expect_out "$mixed.1"
expect_exit 0 yon wait --any "$mixed.2-3"
expect_out "$mixed.2"
gate_new second
race=$(id -- sh -c '[ $1 = 1 ] && exec cat gate; [ $1 = 2 ] && cat second; exit 5' \
    sh {} ::: 1 2)
yon -v wait --any "$race" >"$T/any" 2>"$T/err" &
waiter=$!
until_true "it waits" grep -q "waiting for $race" "$T/err"
gate_open second
status=0
wait $waiter || status=$?
[ "$status $(cat "$T/any")" = "1 $race.2" ] ||
    fail "wait --any of an array: $status, $(cat "$T/any")"
expect_exit 1 yon wait --json --any "$race" "$stuck"
[ "$(sql "select j->>'jobs[0].id' from line" "$T/out")" = "$race.2" ] ||
    fail "wait --any --json: $(cat "$T/out")"
expect_exit 0 yon cancel "$race"
expect_exit 1 yon result "$stuck"
expect_err "$stuck is" "yon wait $stuck"
expect_exit 0 yon cancel "$stuck"
expect_exit 7 yon wait "$stuck"
expect_exit 1 yon wait "$stuck" "$bad"
expect_exit 7 yon wait "$stuck" "$good"

# Ctrl-C: wait leaves the job alone, run ends it.
has_started() {
    [ -e "$1" ]
}
slow=$(id -- sh -c 'echo >one; cat gate')
until_true "it has started" has_started one
# With job control a shell passes SIGINT to its background jobs.
set -m
yon -v wait "$slow" 2>"$T/err" &
waiter=$!
set +m
until_true "it waits" grep -q "waiting for $slow" "$T/err"
kill -INT $waiter
status=0
wait $waiter || status=$?
[ $status = 130 ] || fail "wait after Ctrl-C: exit code $status"
expect_err "yon cancel $slow"
gate_open gate
expect_exit 0 yon wait "$slow"

set -m
yon -v run -- sh -c 'echo >two; exec cat gate' >"$T/out" 2>"$T/err" &
runner=$!
set +m
until_true "it has started" has_started two
kill -INT $runner
status=0
wait $runner || status=$?
[ $status = 130 ] || fail "run after Ctrl-C: exit code $status"
expect_err "cancelling"
expect_exit 7 yon wait last

# Who runs us asks for an end in other ways: timeout(1) sends its signal twice.
for ends in TERM=143 HUP=129; do
    (exec yon run -- sh -c 'trap "echo saved >$1; exit 0" TERM
        echo >ready.$1; while :; do sleep 0.05; done' sh "${ends%=*}") &
    runner=$!
    until_true "it has started" has_started "ready.${ends%=*}"
    kill -"${ends%=*}" $runner
    kill -"${ends%=*}" $runner || :
    status=0
    wait $runner || status=$?
    [ $status = "${ends#*=}" ] || fail "run after SIG$ends: exit code $status"
    has_started "${ends%=*}" || fail "run did not wait for the end of its job"
    expect_exit 7 yon wait last
done
yon call sleep ms:=600000 2>"$T/err" &
caller=$!
until_true "the call runs" sh -c 'yon ls --json --state running |
    grep -q "\"kind\": *\"call\""'
kill -TERM $caller
status=0
wait $caller || status=$?
[ $status = 143 ] || fail "call after SIGTERM: exit code $status"
expect_exit 7 yon wait last

# Under nohup the terminal may go.
sh -c 'trap "" HUP; exec yon run -- sh -c "echo >three; exec cat gate"' &
runner=$!
until_true "it has started" has_started three
kill -HUP $runner
gate_open gate
wait $runner || fail "a run under nohup: exit code $?"

# A script runs it with &, for which Ctrl-C is ignored: it is not meant.
sh -c 'trap "" INT; exec yon run -- sh -c "echo >four; exec cat gate"' &
runner=$!
until_true "it has started" has_started four
kill -INT $runner
gate_open gate
wait $runner || fail "a run in the background of a script: exit code $?"

# logs -f ends as its jobs do.
expect_exit 0 yon logs -f "$good"
expect_exit 1 yon logs -f "$good" "$bad"
expect_err "$bad"
expect_exit 0 yon logs -f --exit-zero "$bad"
expect_exit 0 yon logs "$bad"
expect_exit 7 yon logs -f "$stuck"
expect_exit 1 yon logs -f "$mixed"

# run passes on how the command ended.
expect_exit 0 yon run -- true
expect_exit 3 yon run -- sh -c 'echo out; echo err >&2; exit 3'
expect_out out
[ "$(cat "$T/err")" = err ] || fail "stderr of run: $(cat "$T/err")"
expect_exit 137 yon run -- sh -c 'kill -9 $$'
expect_exit 143 yon run -- sh -c 'kill $$'
expect_exit 127 yon run -- ./nowhere
expect_err nowhere
! grep -qF 'sh -c' "$T/err" || fail "a word without blanks is no line"
expect_exit 127 yon run 'echo hi'
expect_err "yon run --sh '...'"
echo text >no-program
expect_exit 126 yon run -- ./no-program
expect_err "it may not be run; chmod +x"
printf '#!/no/such\n' >no-line
chmod +x no-line
expect_exit 126 yon run -- ./no-line
expect_err "what its #! line names is not there"
expect_exit 127 yon run cd /tmp
expect_err "a word of the shell: yon run --sh '...'"
expect_exit 127 yon run X=1 env
expect_err "yon run --env NAME=VALUE"

# A wait for a start tells what is missing.
yon -q up -d --dir "$T/idle" --procs 0
is_told() { # ID COMMAND...: what job ID waits for
    YON_DIR=$T/idle "${@:2}" >"$T/out" 2>"$T/err" &
    waiter=$!
    until_true "it is told" grep -qF "$1 waits: no worker is connected" "$T/err"
    kill -9 $waiter # the job goes on
    wait $waiter || :
}
is_told 1 yon -v run -- true
is_told 1 yon wait 1
is_told 2 yon submit -w -- true
is_told 1 yon wait 1 2
yon -q down --dir "$T/idle"
