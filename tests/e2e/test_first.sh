#!/usr/bin/env bash
# From nothing to a result: up, run, call, a C client, a result for later, down.
. "$(dirname "$0")/lib.sh"

up --load "$JOBS" --load "$BUILD/lib/slow_square.so"

expect_exit 3 yon run -- sh -c 'echo hi; exit 3'
expect_out hi

expect_exit 0 yon call add a:=2 b:=3
expect_out 5

expect_exit 0 "$BUILD/bin/examples/client"
expect_out "2 + 3 = 5"
expect_exit 0 "$BUILD/bin/examples/fanout"
expect_out "50 squares, together 40425"

# Another process fetches the result, by the id that the submit printed.
id=$(yon submit -- printf later 2>"$T/err")
expect_exit 0 yon wait "$id"
expect_exit 0 yon result "$id" --raw
[ "$(cat "$T/out")" = later ] || fail "result --raw: $(cat "$T/out")"

# Results outlive the coordinator.
expect_exit 0 yon down
expect_exit 4 yon status --timeout 1s
up
expect_exit 0 yon result "$id" --raw
[ "$(cat "$T/out")" = later ] || fail "result --raw: $(cat "$T/out")"
expect_exit 0 yon down
