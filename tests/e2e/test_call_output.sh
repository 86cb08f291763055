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

# ---- and in yon logs, of each call its own ----

# expect_lines JOB TEXT...: these lines, with a time and the job in front.
expect_lines() {
    local job=$1
    shift
    expect_exit 0 yon logs "$job"
    printf '%s\n' "$@" >want
    sed -E "s/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z $job //" "$T/out" |
        cmp want - || fail "yon logs $job: $(cat "$T/out")"
}

for talk in '1.1 anna' '1.2 bert' '2 carl'; do
    name=${talk#* }
    expect_lines "${talk% *}" "$name begins" "$name says: hello" "$name complains" \
        "warn: $name has 3 of them" "$name ends"
done
expect_exit 0 yon show 2
grep -q '^  printed .* 2 carl begins$' "$T/out" || fail "$(cat "$T/out")"
expect_exit 0 yon result --json 2
grep -q '"printed":"[^"]* 2 carl begins\\n' "$T/out" || fail "$(cat "$T/out")"

# While it runs, also for who follows; and what the next start prints, when the
# process of this one was killed.
yon logs -f 3 >followed &
follower=$!
until_true 'the follower sees it' grep -q ' 3 the last words$' followed
expect_lines 3 'the last words' really
expect_exit 0 yon show 3
grep -q '^  printed .* 3 the last words$' "$T/out" || fail "$(cat "$T/out")"
n_said() {
    [ "$(grep -c ' 3 the last words$' followed)" = "$1" ]
}
until_true 'the next start talks' n_said 1
kill_9 yon-worker.1
until_true 'the next start talks' n_said 2
expect_exit 0 yon cancel 3
got=0
wait "$follower" || got=$?
[ $got = 7 ] || fail "logs -f: exit code $got"
expect_lines 3 'the last words' really
# A cpu call that was killed has said this before.
id=$(yon submit --call cpu_talk_and_stay 2>/dev/null)
until_true 'it talks' sh -c "yon show $id | grep -q 'the last words'"
kill -9 $(procs yon-worker.cpu)
until_true 'it talks again' sh -c "[ \$(grep -c ' said job=$id .*the last words' '$log') = 2 ]"
expect_exit 0 yon cancel "$id"
expect_exit 7 yon wait "$id"
expect_lines "$id" 'the last words' really
# One that crashes its process: the next process tells what it had said.
if ! grep -qa __asan_init "$BUILD/bin/yon-worker"; then # which has the signals
    id=$(yon submit --call talk_and_crash 2>/dev/null)
    yon logs -f "$id" >followed 2>err || :
    expect_exit 1 yon wait "$id"
    expect_lines "$id" 'about to crash'
    grep -q ' about to crash$' followed || fail "followed: $(cat followed err)"
fi
# Much, in one go.
id=$(yon submit --call shout n:=200000 2>/dev/null)
expect_exit 0 yon wait "$id"
expect_exit 1 yon logs "$id"
expect_err 'bytes of stdout are missing here'
grep -q " $id line 1$" "$T/out"
grep -q " $id line 200000$" "$T/out"
id=$(yon submit --call cpu_shout n:=5000 2>/dev/null)
expect_exit 0 yon logs -f "$id"
[ "$(grep -c " $id line " "$T/out")" = 5000 ] || fail "$(wc -l "$T/out")"
