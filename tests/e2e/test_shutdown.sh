#!/usr/bin/env bash
# SIGTERM ends a worker without losing or repeating work; down leaves nothing.
. "$(dirname "$0")/lib.sh"

is_draining() {
    yon workers --json | grep -q '"draining": *true'
}

up --slots 2 --load "$JOBS"

# Two of twenty run and wait at a gate; the worker holds some of the others.
gate_new 1.gate
gate_new 2.gate
id=$(yon submit --array 1-20 -- sh -c '
    echo "$1" >>started
    [ "$1" -gt 2 ] || cat "$1.gate"
    echo "$1" >>ended' sh {} 2>"$T/err") || fail "$(cat "$T/err")"
until_true "two have started" sh -c '[ "$(wc -l <started)" = 2 ]'

worker=$(proc yon-worker)
kill -TERM "$worker"
until_true "the worker takes nothing new" is_draining
is_alive "$worker" || fail "it did not wait for its running work"
gate_open 1.gate
gate_open 2.gate
gone "$worker"

# Its successor does the rest; nothing ran twice.
expect_exit 0 yon wait "$id"
sort -n started | cmp - <(seq 20) || fail "started: $(sort -n started | xargs)"
sort -n ended | cmp - <(seq 20) || fail "ended: $(sort -n ended | xargs)"

# SIGTERM of the supervisor is down; a second one does not wait for the runs.
# Nothing is left, and nothing lost.
gate_new 3.gate
command=$(yon submit -- sh -c 'echo >>again; cat 3.gate; echo through' 2>/dev/null)
call=$(yon submit --call sleep ms:=1000000 2>/dev/null)
until_true "the command has started" test -s again
supervisor=$(proc yon)
kill -TERM "$supervisor"
until_true "the worker takes nothing new" is_draining
kill -TERM "$supervisor"
gone "$supervisor"
[ -z "$(procs)" ] || fail "processes are left: $(ps -o pid,args $(procs))"

up --slots 2 --load "$JOBS"
until_true "the command has started again" sh -c '[ "$(wc -l <again)" = 2 ]'
gate_open 3.gate
expect_exit 0 yon wait "$command"
yon cancel "$call" 2>"$T/err" || fail "cancel: $(cat "$T/err")"
expect_exit 7 yon wait "$call"

expect_exit 0 yon down
[ -z "$(procs)" ] || fail "processes are left: $(ps -o pid,args $(procs))"
[ -z "$(find "$D" -type s)" ] || fail "sockets are left: $(find "$D" -type s)"
expect_exit 4 yon status --timeout 1s
