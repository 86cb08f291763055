#!/usr/bin/env bash
# Output beyond 1 MiB is kept whole, compressed and in pieces, whoever is killed
# meanwhile; it goes with its job; what is not kept is told.
. "$(dirname "$0")/lib.sh"

N=200
export YON_SERVER=ipc://$T/y.sock

start_yond() {
    yond --listen "$YON_SERVER" --db "$T/y.db" --lease 5 "$@" 2>>"$T/yond" &
    yond=$!
    until_true 'yond answers' yon status
}

restart_yond() {
    kill -9 "$yond"
    wait "$yond" || : # until all of its threads have let go of the database
    start_yond "$@"
}

has_done() { [ "$(yon show "$1" --json | field counts done)" -gt 0 ]; }
rss_of() { awk '/^VmHWM/ { print $2 }' "/proc/$1/status"; }

# field KEY...: of the document on stdin.
field() {
    python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value[key]
sys.stdout.write(value if isinstance(value, str) else json.dumps(value))' "$@"
}

start_yond
yon-worker --name w --procs 2 --slots 4 2>"$T/w" &
worker=$!
until_true 'w is there' sh -c 'yon workers | grep -q "^w"'

# 10 MB of each element, in every way that there is to read it.
seq 1500000 >want
len=$(stat -c %s want)
id=$(yon submit -q --array 1-$N -- seq 1500000)
expect_exit 0 yon wait "$id"
[ "$(yon result "$id" --raw | wc -c)" = $((N * len)) ] || fail "result --raw"
for k in 1 $((N / 2)) $N; do
    yon result "$id.$k" --raw | cmp - want
    yon logs "$id.$k" | cmp - want
done
yon result "$id.2" --json | field stdout | cmp - want
yon show "$id.2" --json | field stdout | cmp - want
[ "$(yon show "$id.2" --json | field dropped_bytes)" = 0 ] || fail "dropped"
yon logs -f "$id.3" | cmp - want
# Neither of the two has held all that.
for pid in $(procs yond) $(procs yon-worker); do
    grep -qa __asan_init "$BUILD/bin/yond" || [ "$(rss_of "$pid")" -lt 150000 ] || fail "$(comm "$pid"): $(rss_of "$pid") kB"
done

# What yon run shows is there afterwards, too; stderr as well as stdout.
yon run sh -c 'seq 1500000 >&2; echo end' 2>err >out
cmp err want
yon logs --stderr last | cmp - want

# kill -9 of the coordinator, again and again, while pieces are under way.
id=$(yon submit -q --array 1-12 -- seq 1500000)
for _ in 1 2 3; do
    until_true "some have ended" has_done "$id"
    restart_yond
done
expect_exit 0 yon wait "$id"
for k in 1 5 12; do yon result "$id.$k" --raw | cmp - want; done

# kill -9 of the worker: what was not told runs again.
id=$(yon submit -q --array 1-8 -- seq 1500000)
until_true "some have ended" has_done "$id"
kill -9 "$worker"
yon-worker --name w2 --procs 1 --slots 4 2>"$T/w2" &
worker=$!
expect_exit 0 yon wait "$id"
for k in 1 2 3 4 5 6 7 8; do yon result "$id.$k" --raw | cmp - want; done

# As much as was asked for, and as the worker does.
expect_exit 1 yon submit -w --output-limit 2M -- seq 1500000
[ "$(yon result last --raw 2>/dev/null | wc -c)" = 2097152 ] || fail "2M"
yon result last --json >doc || :
[ "$(field stdout_missing <doc)" = \
    "{\"offset\": 1572864, \"bytes\": $((len - 2097152))}" ] ||
    fail "$(field stdout_missing <doc)"
kill "$worker"
gone "$worker"
yon-worker --name w3 --procs 1 --slots 4 --output-limit 4M 2>"$T/w3" &
expect_exit 1 yon submit -w --output-limit 100M -- seq 1500000
[ "$(yon result last --raw 2>/dev/null | wc -c)" = 4194304 ] || fail "4M"
expect_exit 2 yon submit --output-limit 1000 -- seq 5 2>"$T/err"
grep -q '16G, 1M or more, not' "$T/err" || fail "the least is not said: $(cat "$T/err")"

# It goes with its job.
pieces() { sqlite3 "$T/y.db" 'select count(*) from piece'; }
[ "$(pieces)" -gt 100 ] || fail "only $(pieces) pieces"
restart_yond --keep done=1s
until_true "the pieces are gone with their jobs" sh -c \
    "[ \$(sqlite3 '$T/y.db' 'select count(*) from piece') = 0 ]"
