#!/usr/bin/env bash
# yon up keeps its processes running, and takes them down.
. "$(dirname "$0")/lib.sh"

up --procs 2 --slots 1
proc yon-worker >/dev/null
for i in 1 2; do
    proc yon-worker.$i >/dev/null
done
[ "$(stat -c %a "$D")" = 700 ] || fail "the directory is open to others"
expect_exit 0 yon run -- true

# A killed process starts again, and leaves no zombie.
old=$(proc yon-worker)
kill -9 "$old"
has_two_workers() {
    [ "$(yon workers -o id | wc -l)" = 2 ] && [ ! -e "/proc/$old" ]
}
until_true "the worker is back" has_two_workers
kill_9 yond
until_true "all are back" has_two_workers
expect_exit 0 yon run -- true
grep -q 'warn program-ended program=yond cause="signal 9" ' "$D/log/up.log" || fail "not in the log"

expect_exit 0 yon down
[ -z "$(procs)" ] || fail "processes are left"
expect_exit 3 yon down

# In the foreground, until Ctrl-C.
set -m
yon up --dir "$D" 2>"$T/up" &
supervisor=$!
set +m
until_true "it is ready" grep -q "are up in" "$T/up"
expect_exit 0 yon run -- echo hi
expect_out hi
kill -INT $supervisor
wait $supervisor || fail "up after Ctrl-C: exit code $?"
[ -z "$(procs)" ] || fail "processes are left"

# Without its supervisor all goes on, until down.
up
kill -9 "$(proc yon)"
expect_exit 0 yon run -- true
expect_exit 1 yon up -d --dir "$D"
expect_err "killed yon up" "yon down"
expect_exit 0 yon down
[ -z "$(procs)" ] || fail "processes are left"
expect_exit 3 yon down

# A database that yond cannot take: its own message, and an end.
echo "this is no database" >"$D/yon.db"
expect_exit 1 yon up -d --dir "$D"
expect_err "yon.db"
[ -z "$(procs)" ] || fail "processes are left"
