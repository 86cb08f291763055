#!/usr/bin/env bash
# What runs, or waits, is visible: where, since when, what it has written, and why
# it waits.
. "$(dirname "$0")/lib.sh"

is() {
    local got
    got=$(sqlite3 :memory: "select json_extract(readfile('$T/out'), '$1')")
    [ "$got" = "$2" ] || fail "$1 is $got, not $2: $(cat "$T/out")"
}

has_lines() {
    local words
    for words; do
        grep -qE -- "$words" "$T/out" || fail "no $words in: $(cat "$T/out")"
    done
}

n_running() {
    [ "$(yon status --json | grep -o '"running":[0-9]*')" = "\"running\":$1" ]
}

up --procs 1 --slots 2
gate_new gate
yon -q submit --array 5-8 -n sweep -- sh -c \
    'for i in 1 2 3 4 5 6 7; do echo "line $i of $1"; done; echo oops >&2
    >"started.$1"; exec cat gate' sh {}
until_true "two run" test -e started.6
until_true "two run" n_running 2

# An element that runs.
expect_exit 0 yon show 1.6
has_lines '^1\.6 command: running' '^  item +6$' '^  worker +[^ ]' '^  attempt +1\.' \
    '^  started +20' '^  stdout +line 3 of 6$' '^ +line 7 of 6$' '^  stderr +oops$'
! grep -q 'line 2 of' "$T/out" || fail "more than the last lines"
worker=$(sed -n 's/^  worker *//p' "$T/out")
expect_exit 0 yon show --json 1.6
is '$.id' 1.6
is '$.state' running
is '$.item' 6
is '$.worker' "$worker"
is '$.host' "$(uname -n)"
is '$.error' ''
is '$.ended_at' ''
is '$.last_lines.stderr' oops
[ -n "$(sqlite3 :memory: "select json_extract(readfile('$T/out'), '$.started_at')")" ]
# Its process is told when it has run for a moment.
has_process() {
    yon show 1.6 | grep -q '^  process '
}
until_true "its process is known" has_process
pid=$(yon show 1.6 | sed -n 's/^  process *//p')
tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q '^cat gate' || fail "process $pid is another one"
expect_exit 0 yon show 1.6
has_lines "^  host +$(uname -n)\$"
expect_exit 0 yon show --json 1.6
is '$.pid' "$pid"
expect_exit 0 yon show --json 1.5-6
is '$.jobs[0].state' running
is '$.jobs[1].item' 6

# One that waits says why.
expect_exit 0 yon show 1.8
has_lines '^1\.8 command: waiting' '^  item +8$' '^  note +all slots are busy'
expect_exit 0 yon show --json 1.8
is '$.state' waiting
is '$.note' 'all slots are busy'
is '$.worker' ''
yon -q cancel 1
expect_exit 7 yon wait 1

# One that will be tried again; a single job.
yon -q submit --retry 1 --backoff 1h -- false ::: x
until_true "it has failed" sh -c 'yon show 2.1 | grep retrying'
expect_exit 0 yon show --json 2.1
is '$.state' retrying
is '$.attempts[0].exit.code' 1
expect_exit 0 yon show 2.1
has_lines '^  note +is started again in [0-9]+ s' '^  before '
yon -q submit -- sh -c 'echo alone; >alone; exec cat gate'
until_true "it runs" test -e alone
expect_exit 0 yon show 3
has_lines '^3 command: running' "^  worker +$worker" '^  stdout +alone'
expect_exit 0 yon show --json 3
is '$.worker' "$worker"
is '$.counts.running' 1

# Slots are not what calls wait for.
yon -q up -d --dir "$T/calls" --procs 0
export YON_DIR=$T/calls
yon-worker --server "ipc://$YON_DIR/yond.sock" --procs 1 --calls 1 --load "$JOBS" 2>"$T/worker" &
supervisor=$!
until_true "it is there" sh -c 'yon workers -o id | grep -q .'
yon -q submit --call sleep ms:=600000
until_true "one runs" n_running 1
yon -q submit --call sleep ms:=1
expect_exit 0 yon show --json 2
is '$.note' 'all places for calls are taken'
yon -q cancel 1
expect_exit 0 yon wait 2

# How far an element of an array is. The process of a call is its worker's.
yon -q submit --array 4-5 --call half_way
has_progress() {
    yon show --json 3.4 >"$T/out"
    grep -q '"progress":{"done":' "$T/out"
}
until_true "it is half-way" has_progress
pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$T/out")
[ "$(cat "/proc/$supervisor/task/$supervisor/children")" = "$pid " ] ||
    fail "$pid is not the process of the worker"
expect_exit 0 yon show 3.4
has_lines '^  progress +[0-9]+/[0-9]+'
expect_exit 0 yon show 3.5
has_lines '^  note +all places for calls are taken'
kill $supervisor
draining() {
    yon show 3.5 | grep -q '^  note *all its workers are draining'
}
until_true "the worker drains" draining
