#!/usr/bin/env bash
# What the machine lacks is not the fault of a job: without processes or
# descriptors a worker runs fewer jobs at once, and all of them are done.
. "$(dirname "$0")/lib.sh"

up --procs 0

# The limit of processes is not for root, and is for all that a user runs: the
# worker gets a user of its own.
user=$((60000 + RANDOM % 4000))
as_user=()
if [ "$(id -u)" = 0 ]; then
    type setpriv >/dev/null || skip 'no setpriv'
    as_user=(setpriv --reuid=$user --regid=$user --clear-groups)
    chmod 711 "$T" "$T/work"
    chmod 711 "$D"
    chmod 666 "$D/yond.sock"
    "${as_user[@]}" test -x "$BUILD/bin/yon-worker" ||
        skip 'another user cannot start the worker'
fi

workers() {
    [ "$(yon workers -o id | wc -l)" = "$1" ]
}

# worker LIMIT: it runs under `ulimit LIMIT`.
worker() {
    (
        # shellcheck disable=SC2086
        ulimit $1
        exec "${as_user[@]}" yon-worker --server "ipc://$D/yond.sock" \
            --name short --procs 1 --slots 64 --load "$JOBS"
    ) 2>"$T/worker" &
    until_true 'the worker is there' workers 1
}

# The list of workers says why it takes fewer, how many, and since when.
is_told() {
    yon workers --json >"$T/workers"
    yon workers >>"$T/workers"
    grep -q '"shortage":{"reason":".*Resource temporarily unavailable' "$T/workers" ||
        grep -q '"shortage":{"reason":".*Too many open files' "$T/workers" || return
    grep -qE '"since":"20[^"]*","slots":[0-9]+,' "$T/workers" || return
    grep -qE '^short +short .* slots at once for ' "$T/workers"
}

# all_done N COMMAND...: all N are, and the worker has noticed the shortage.
all_done() {
    local n=$1
    shift
    yon -q submit --array "1-$n" -- "$@"
    until_true 'the shortage is told' is_told
    expect_exit 0 yon wait last
    yon ls | grep -q "$n/$n" || fail "$(yon ls)"
    expect_exit 0 yon show --json last
    grep -q '"last_failure":null' "$T/out" || fail "$(cat "$T/out")"
    grep -q 'warn shortage of=slots' "$T/worker" ||
        fail 'nothing was short'
}
at_end() {
    cat "$T/worker" >&2
}

if [ "$(id -u)" = 0 ]; then
    worker '-u 40'
    all_done 300 sleep 0.1
    until_true 'it is over' sh -c 'yon workers --json | grep -q "\"shortage\":null"'
    # Calls with a process each. One that cannot begin is no crash of its call.
    expect_exit 0 yon submit -w --array 1-40 --call cpu_sleep ms:=100
    ! grep -q 'reason=crash' "$T/worker" || fail 'taken for crashes'
    kill "$(proc yon-worker)"
    until_true 'the worker has left' workers 0
fi

worker '-n 512'
"${as_user[@]}" prlimit --pid "$(proc yon-worker.1)" --nofile=40:40
all_done 300 sleep 0.1
