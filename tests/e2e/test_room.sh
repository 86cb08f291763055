#!/usr/bin/env bash
# A full queue: a submit waits, says why, and goes on when there is room; one that can
# never fit is refused. A crowd waits outside.
. "$(dirname "$0")/lib.sh"

at_end() {
    cat "$T/yond" >&2
}

# coordinator NAME OPTION...
coordinator() {
    export YON_SERVER=ipc://$T/$1.sock
    yond --listen "$YON_SERVER" --db "$T/$1.db" "${@:2}" 2>>"$T/yond" &
    until_true 'yond answers' yon status
}

coordinator queue --queue-jobs 3
expect_exit 5 yon submit --array 1-4 -- true
expect_err 'submit it in parts'
expect_exit 0 yon submit --array 1-3 -- true
array=$(cat "$T/out")
expect_exit 124 yon --timeout 3s submit -- true
expect_err 'waiting: the queue is full: 3 jobs wait'

yon submit -- true >"$T/job" 2>"$T/why" &
submit=$!
waits() {
    grep -q 'waiting: the queue is full' "$T/why"
}
until_true 'the submit waits' waits
expect_exit 0 yon cancel "$array.2"
wait "$submit" || fail "the submit that waited: $(cat "$T/why")"
expect_exit 0 yon show "$(cat "$T/job")"

# ---- two places: the third gets in when one has left ----

coordinator crowd --sessions 2 --lease 1
expect_exit 0 yon submit -- true
job=$(cat "$T/out")
yon wait "$job" 2>/dev/null &
first=$!
yon wait "$job" 2>/dev/null &
second=$!
full() {
    yon --timeout 3s status 2>"$T/why" || :
    grep -q 'waiting: too many clients and workers' "$T/why"
}
until_true 'there is no place left' full
kill "$first"
wait "$first" || :
until_true 'there is a place again' yon status
kill "$second"
wait "$second" || :

# ---- descriptors: more peers than there are, and those that are in go on ----

few_files() {
    ulimit -n 64
    exec yond --listen "$1" --keys "$T/keyed/keys" --db "$T/files.db" --lease 1 2>>"$T/files"
}
has_closed() {
    grep -q 'connection-closed' "$T/files"
}
tcp=tcp://127.0.0.1:$((20000 + RANDOM % 10000))
key_for "$T/keyed" "$tcp" all work,admin
export YON_ACCESS=$T/keyed/all.access
for listen in "ipc://$T/files.sock" "$tcp"; do
    : >"$T/files"
    few_files "$listen" &
    files=$!
    export YON_SERVER=$listen
    until_true 'yond answers' yon status
    grep -q 'started.* sessions=16' "$T/files" || fail "not said: $(cat "$T/files")"
    yon-worker --name few --procs 1 --slots 1 2>>"$T/few" &
    worker=$!
    job=$(yon submit -- sleep 1000)
    crowd=()
    for _ in $(seq 80); do
        yon wait "$job" >/dev/null 2>&1 &
        crowd+=($!)
    done
    until_true 'no descriptors are left' has_closed
    is_alive $files || fail "yond has ended: $(cat "$T/files")"
    kill "${crowd[@]}"
    until_true 'there is room again' yon cancel "$job"
    expect_exit 7 yon wait "$job"
    kill $worker
    wait $worker || :
    kill $files
    wait $files || fail "yond: $(cat "$T/files")"
done
