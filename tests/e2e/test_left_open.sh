#!/usr/bin/env bash
# Calls leave coroutines, streams, clients and programs behind. A worker that is
# asked to end says so, waits for the coroutines, cancels them, closes the rest
# and ends well; nothing that they started stays.
. "$(dirname "$0")/lib.sh"

export YON_SERVER=ipc://$T/s
yond --listen "$YON_SERVER" --db "$T/db" 2>/dev/null &
until_true "yond answers" yon status

is_offered() {
    yon functions | grep -q "^$1 "
}

start_worker() {
    yon-worker --server "$YON_SERVER" --load "$BUILD/lib/leave.so" \
        --grace-ms 300 "$@" 2>"$T/log" &
    worker=$!
    until_true "the worker is there" is_offered detach
}

# The worker ends with exit code 0, and its log has a line with each of these.
expect_end() {
    local code=0 words
    kill "$worker"
    wait "$worker" || code=$?
    [ $code = 0 ] || fail "exit code $code; $(<"$T/log")"
    for words; do
        grep -qE -- "$words" "$T/log" || fail "no '$words' in: $(<"$T/log")"
    done
    ! grep -qE 'bug at|crashed|lost' "$T/log" || fail "$(<"$T/log")"
}

for procs in 0 1; do
    start_worker --procs $procs
    for call in leave_stream leave_listener leave_client detach; do
        expect_exit 0 yon call $call
    done
    expect_exit 0 yon call leave_process
    pid=$(tr -d '"' <"$T/out")
    is_alive "$pid"
    expect_end 'warn left-open .*a stream.* by=.*leave_stream.* remedy=yon_stream_close' \
        'warn left-open .*a listener.* by=.*leave_listener' \
        'warn left-open .*the client of local:.* by=.*leave_client.* remedy=yon_close' \
        'warn left-open .*a process.* by=.*leave_process.* remedy=yon_process_free' \
        'warn left-running coroutines=sleep_long .*cancels them'
    gone "$pid"

    start_worker --procs $procs
    expect_exit 0 yon call detach_deaf
    expect_exit 0 yon call leave_process
    pid=$(tr -d '"' <"$T/out")
    expect_end 'warn left-running coroutines=sleep_on .*cancels them' \
        'warn left-running coroutines=sleep_on .*although they are cancelled' \
        'warn left-open .*a process'
    gone "$pid"
done

# Of functions declared cpu as well.
start_worker --procs 1
expect_exit 0 yon call cpu_detach
expect_exit 0 yon call cpu_leave_process
pid=$(tr -d '"' <"$T/out")
expect_end 'warn left-running coroutines=sleep_long' 'warn left-open .*a process'
gone "$pid"
