#!/usr/bin/env bash
# yon down says what it waits for, and can be told not to wait.
. "$(dirname "$0")/lib.sh"

has_started() {
    [ -e "$1" ]
}

up --procs 1 --slots 2
yon -q submit -n stays -- sh -c 'echo >one; exec sleep 1000'
until_true "it has started" has_started one
yon down 2>"$T/err" &
down=$!
until_true "it says what it waits for" grep -qF '1 "stays"' "$T/err"
expect_err "after 30 s it is killed, and starts again with the next yon up" "yon down again"
is_dead $down && fail "it did not wait: $(cat "$T/err")"
expect_exit 0 yon down
wait $down || fail "yon down: exit code $?"
[ -z "$(procs)" ] || fail "processes are left"

# Nothing is told of an end that takes no time.
up --procs 1 --slots 2
expect_exit 0 yon cancel 1
expect_exit 0 yon down
! grep "waiting" "$T/err" || fail "told of nothing"

# Leftovers of a killed yon up are waited for, too.
up --procs 1 --slots 2
yon -q submit -n more -- sh -c 'echo >two; exec sleep 1000'
until_true "it has started" has_started two
kill -9 "$(proc yon)"
yon down 2>"$T/err" &
down=$!
until_true "it says what it waits for" grep -qF '2 "more"' "$T/err"
expect_exit 0 yon down
wait $down || fail "yon down: exit code $?"
[ -z "$(procs)" ] || fail "processes are left"
