#!/usr/bin/env bash
# Documents for programs: schema ids, valid JSON, [] for nothing, errors too.
. "$(dirname "$0")/lib.sh"

# ask PATH: one value of the document that the last expect_exit printed.
ask() {
    sqlite3 :memory: "select json_extract(readfile('$T/out'), '$1')"
}

is() {
    local got
    got=$(ask "$1")
    [ "$got" = "$2" ] || fail "$1 is $got, not $2: $(head -c 500 "$T/out")"
}

export YON_DIR=$D
expect_exit 4 yon status --json
cp "$T/err" "$T/out"
is '$.code' UNREACHABLE
[ -n "$(ask '$.message')" ] && [ -n "$(ask '$.hint')" ]

up --procs 0
expect_exit 0 yon ls --json
is '$.schema' yon.joblist/1
is '$.jobs' '[]'
is '$.cursor' ''
expect_exit 0 yon workers --json
is '$.workers' '[]'
expect_exit 0 yon functions --json
is '$.functions' '[]'
expect_exit 0 yon ls -o jsonl
expect_exit 0 test ! -s "$T/out"
expect_exit 0 yon down

up --procs 1 --load "$JOBS" --slots 2
expect_exit 0 yon workers --json
is '$.schema' yon.workerlist/1
is '$.workers[0].slots' 2
expect_exit 0 yon functions --json
is '$.schema' yon.functionlist/1
expect_exit 0 yon status --json
is '$.schema' yon.status/1
is '$.workers' 1
expect_exit 0 yon status
grep -qF "0 running, 0 ended since its start" "$T/out" || fail "$(cat "$T/out")"
expect_exit 0 yon version --json
is '$.schema' yon.version/1

# A command: its receipt, its page, its result.
expect_exit 0 yon submit --json -n odd -- sh -c 'printf "a\377"; exit 4'
is '$.schema' yon.submit/1
is '$.n' 1
id=$(ask '$.id')
expect_exit 1 yon wait --json "$id"
is '$.schema' yon.wait/1
is '$.jobs[0].state' failed
expect_exit 1 yon result --json "$id"
is '$.schema' yon.result/1
is '$.exit.code' 4
is '$.stdout' ''
is '$.stdout_base64' 'Yf8='
is '$.error.code' EXIT
expect_exit 0 yon show --json "$id"
is '$.schema' yon.job/1
is '$.command[0]' sh
is '$.name' odd
is '$.policy.retries' 0
is '$.policy.backoff_min_s' 1.0
is '$.policy.retry_on' ''
is '$.policy.max_fails' ''
is '$.policy.deadline_s' ''
is '$.policy.at_most_once' 0
expect_exit 0 yon ls --json --state failed
is '$.jobs[0].id' "$id"
is '$.jobs[0].exit.code' 4
is '$.jobs[0].exit.signal' ''
expect_exit 0 yon ls --json
is '$.jobs[0].id' "$id"
is '$.jobs[0].exit.code' 4
is '$.jobs[0].reason' exit
is '$.jobs[0].error.code' EXIT
[ -n "$(ask '$.jobs[0].worker')" ] || fail "no worker: $(cat "$T/out")"
expect_exit 0 yon ls --json --state waiting
is '$.jobs' '[]'

# One document, also with a wait for the end.
expect_exit 1 yon submit --json -w -- false
is '$.schema' yon.wait/1
is '$.jobs[0].state' failed
id=$(ask '$.jobs[0].id')
expect_exit 0 yon show --json "$id"
set -m # or SIGINT is ignored in the background
yon submit --json -w -n long -- sleep 1000 >"$T/out" 2>"$T/err" &
waiter=$!
set +m
until_true "it is handed in" yon show name:long
kill -INT $waiter
status=0
wait $waiter || status=$?
[ $status = 130 ] || fail "submit -w after Ctrl-C: exit code $status"
is '$.schema' yon.submit/1
expect_exit 0 yon cancel "$(ask '$.id')"

# A call, and an array of which one element failed.
expect_exit 0 yon call add a:=2 b:=3
expect_out 5
expect_exit 0 yon call --json add a:=2 b:=3
is '$.schema' yon.call/1
is '$.state' done
is '$.value' 5
call=$(ask '$.id')
expect_exit 0 yon result --json "$call"
is '$.value' 5
expect_exit 1 yon submit -w -- sh -c 'exit $1' sh {} ::: 0 1
array=$(cat "$T/out")
expect_exit 1 yon result "$array"
is '$.schema' yon.resultlist/1
is '$.results[0].item' 0
is '$.results[1].state' failed
expect_exit 0 yon ls --json --state failed
is '$.jobs[0].id' "$array.2"
expect_exit 0 yon ls --json
is '$.jobs[0].id' "$array"
is '$.jobs[0].last_failure.id' "$array.2"
is '$.jobs[0].last_failure.message' 'exit 1'
expect_exit 0 yon ls -o jsonl
[ "$(sql "select json_extract(j, '$.last_failure.id') from line limit 1" "$T/out")" = "$array.2" ]
expect_exit 1 yon result --each "$array"
[ "$(wc -l <"$T/out")" = 2 ]
[ "$(sql "select sum(json_valid(j)) from line" "$T/out")" = 2 ]
expect_exit 0 yon ls -o id
[ "$(head -n 1 "$T/out")" = "$array" ]
for command in "show last" "result --each last" "call add a:=1"; do
    expect_exit 2 yon $command -o id
    expect_err "-o id is not for it"
done
expect_exit 125 yon run --json -- true
cp "$T/err" "$T/out"
is '$.code' USAGE
expect_err "yon submit --json -w, then yon result --json ID"
expect_exit 2 yon logs -o jsonl last
expect_err "yon result --json"
# The state is the code of the error.
expect_exit 1 yon call --json --run-timeout 1ms sleep ms:=100000
is '$.state' expired
is '$.value' ''
cp "$T/err" "$T/out"
is '$.code' EXPIRED
# Nothing was kept of a failed job: the reason is told, as for the value.
expect_exit 1 yon -q submit -w --call add a:=1
call=$(cat "$T/out")
expect_exit 1 yon result --raw "$call"
expect_err "yon: $call failed: "
expect_exit 1 yon result --raw "$array"
expect_err "yon: $array.2 (1) failed: exit 1"
expect_exit 0 yon show --json "$array.1-2" "$call"
is '$.schema' yon.joblist/1
is '$.jobs[1].id' "$array.2"
is '$.jobs[2].policy.retries' 0
expect_exit 0 yon show -o jsonl "$array.1-2"
[ "$(sql "select group_concat(json_extract(j, '$.schema')) from line" "$T/out")" = yon.job/1,yon.job/1 ]
expect_exit 3 yon show 99 --json
cp "$T/err" "$T/out"
is '$.code' ABSENT
expect_exit 2 yon ls --json --nonsense
cp "$T/err" "$T/out"
is '$.code' USAGE
expect_exit 6 yon cancel --json "$array"
is '$.jobs[0].ended_before' 2
