#!/usr/bin/env bash
# What a worker ran starts again as soon as it is dead, not when its lease is over:
# yon up knows its end, and kills what it left.
. "$(dirname "$0")/lib.sh"

# No lease has passed by then.
SOON_S=5

# Each attempt tells which processes of the former ones are alive. One of its own
# cleans its environment, and is in a session of its own.
cat >attempt <<'END'
cd "$1" || exit 1
for pid in $(cat pids); do
    grep -qs '^State:.[^ZX]' /proc/$pid/status && echo $pid >>overlap
done
env -i setsid sh -c 'echo $$ >>pids; exec sleep 1000' &
until [ -s pids ] && [ "$(tail -n 1 pids)" = $! ]; do sleep 0.01; done
echo $$ >>pids
echo >>starts
exec sleep 1000
END
>pids
>starts

has_started() {
    [ "$(wc -l <starts)" = "$1" ]
}

# runs_again N: the N-th start comes soon, and alone.
runs_again() {
    local from=$SECONDS
    until_true "start $1" has_started "$1"
    [ $((SECONDS - from)) -lt $SOON_S ] || fail "start $1 came after $((SECONDS - from)) s"
    [ ! -e overlap ] || fail "attempts at the same time: $(cat overlap)"
}

up --procs 2 --slots 1
yon -q submit -- sh "$PWD/attempt" "$PWD"
runs_again 1

# The supervisor of the worker, which takes all of it along.
kill -9 "$(proc yon-worker)"
runs_again 2

# All of the worker at once: nobody of it can end what it ran.
all=$(procs | while read -r pid; do
    case $(comm "$pid") in
    yon-worker* | yon-shim | yon-forkserver) echo "$pid" ;;
    esac
done)
kill -STOP $all
kill -9 $all
runs_again 3

# Nor does the next yon up wait for what this one has killed.
yon down 2>"$T/err" &
down=$!
until_true "it waits" grep -q "waiting for what runs" "$T/err"
expect_exit 0 yon down
wait $down || fail "yon down: exit code $?"
for pid in $(cat pids); do
    is_dead "$pid" || fail "process $pid is left"
done
up --procs 2 --slots 1
runs_again 4
expect_exit 0 yon cancel --yes 1
