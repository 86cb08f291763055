#!/usr/bin/env bash
# A thousand calls that sleep a second each, on one worker, sleep at once.
. "$(dirname "$0")/lib.sh"

up --procs 1 --load "$JOBS"
start=${EPOCHREALTIME/./}
yon submit -w --array 1-1000 --call sleep ms:=1000 >"$T/id" 2>"$T/err" ||
    fail "$(cat "$T/err")"
echo "note: $(((${EPOCHREALTIME/./} - start) / 1000)) ms for 1000 calls of 1000 ms"

# No clock is asked: the last started before the first had ended.
yon result last --each >"$T/json"
[ "$(sql "select count(*) from line where j->>'state' = 'done'" "$T/json")" = 1000 ]
[ "$(sql "select max(j->>'started_at') < min(j->>'ended_at') from line" \
    "$T/json")" = 1 ] || fail "they did not all run at once"
[ "$(sql "select count(distinct j->>'worker') from line" "$T/json")" = 1 ] ||
    fail "more than one worker"
