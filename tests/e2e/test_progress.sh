#!/usr/bin/env bash
# The progress of a call: in show, ls, wait -p and as a document, while it runs; it
# outlives the coordinator, and is gone with the job.
. "$(dirname "$0")/lib.sh"

up --load "$JOBS"
for fn in half_way cpu_half_way; do
    expect_exit 0 yon submit --call $fn
    job=$(cat "$T/out")
    has_said() {
        yon show "$job" >"$T/out" &&
            grep -qE 'progress +1/2  50 %.*getting nowhere' "$T/out"
    }
    until_true "it is shown of $fn" has_said
    yon ls >"$T/out"
    grep -q '1/2  50 %  getting nowhere' "$T/out" ||
        fail "not in the list: $(cat "$T/out")"
    yon show --json "$job" >"$T/out"
    [ "$(sqlite3 :memory: "select json_extract(readfile('$T/out'),
        '\$.progress.done', '\$.progress.total', '\$.progress.doing')")" = \
        '[1,2,"getting nowhere"]' ] || fail "not there: $(cat "$T/out")"
    expect_exit 124 yon wait -p --timeout 1s "$job"
    expect_err '1/2  50 %' 'getting nowhere'

    kill_9 yond
    until_true "the worker says it again, of $fn" has_said
    expect_exit 0 yon cancel "$job"
    expect_exit 7 yon wait "$job"
    expect_exit 0 yon show "$job"
    ! grep -q nowhere "$T/out" || fail "it has ended: $(cat "$T/out")"
done

# Progress is a sign of life: an idle limit ends silence.
expect_exit 1 yon submit -w --idle-timeout 1s --call cpu_sleep ms:=86400000
expect_err 'no sign of life for 1 s'
expect_exit 1 yon submit -w --idle-timeout 2s --run-timeout 5s \
    --call cpu_half_way
expect_err '5 s'
