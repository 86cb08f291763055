#!/usr/bin/env bash
# What calls print is in the worker's log: line by line, with the job, at once.
. "$(dirname "$0")/lib.sh"

log=$D/log/worker.log

# expect_said LEVEL JOB BY TEXT
expect_said() {
    grep -qE "^[^ ]+Z $1 said job=$2 by=$3 text=$4\$" "$log" || fail "$2 has not said: $4"
}

# expect_talk JOB NAME
expect_talk() {
    expect_said info "$1" stdout "\"$2 begins\""
    expect_said info "$1" stdout "\"$2 says: hello\""
    expect_said info "$1" stderr "\"$2 complains\""
    expect_said warn "$1" yon_log "\"$2 has 3 of them\""
    expect_said info "$1" stdout "\"$2 ends\""
}

up --procs 1 --load "$BUILD/lib/talk.so"

# Elements that run at once in one process, and take turns within a line.
expect_exit 0 yon submit --call talk name={} ::: anna bert
expect_exit 0 yon wait 1
expect_talk 1.1 anna
expect_talk 1.2 bert
expect_exit 0 yon call cpu_talk name=carl
expect_talk 2 carl
! grep -q whispers "$log" || fail 'a line above the level is in the log'

# A kill takes no line that was complete.
expect_exit 0 yon submit --call talk_and_stay
said() {
    grep -q ' said job=3 ' "$log"
}
until_true 'it talks' said
kill_9 yon-worker.1
expect_said info 3 stdout '"the last words"'
expect_said info 3 yon_log really
