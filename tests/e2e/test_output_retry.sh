#!/usr/bin/env bash
# Who follows a job that starts again gets all that each start has written; and
# is told when a start was cut off with its worker.
. "$(dirname "$0")/lib.sh"

up --slots 2 --procs 1

cat >try <<'EOF'
#!/bin/sh
echo "try $YON_TRIES"
if [ "$YON_TRIES" = 1 ]; then
    seq 100000
    echo "the end of the first"
    exit 3
fi
EOF
chmod +x try
{ echo 'try 1' && seq 100000 && echo 'the end of the first' && echo 'try 2'; } >whole

# Read by one who begins when the second start has ended.
mkfifo pipe gate
{ cat gate && cat; } <pipe >got &
reader=$!
yon run --retry 1 --backoff 0 -- ./try >pipe 2>err &
run=$!
id_of_run() {
    id=$(yon ls -o id | head -n 1) && [ -n "$id" ]
}
until_true 'it is there' id_of_run
until_true 'it has ended' sh -c "yon ls --json | grep -q '\"id\":\"$id\",.*\"state\":\"done\"'"
gate_open gate
wait "$run" || fail "run: exit code $?: $(cat err)"
wait "$reader"
cmp whole got
[ ! -s err ] || fail "run said: $(cat err)"

# A fast one, both streams, and logs -f of a job that waits.
for i in 1 2 3; do
    expect_exit 0 yon run --retry 1 --backoff 0 -- ./try
    cmp whole "$T/out"
done
gate_new turn
yon submit --array 1-2 -- cat turn >/dev/null 2>&1
id=$(yon submit --retry 1 --backoff 0 -- ./try 2>/dev/null)
yon logs -f "$id" >got 2>err &
logs=$!
until_true 'two wait' sh -c 'yon status | grep -q " 2/2 slots"'
gate_open turn
wait "$logs" || fail "logs -f: exit code $?: $(cat err)"
cmp whole got

# A start whose worker is lost has no end: that is told, on stderr.
yon run -- sh -c '[ $YON_TRIES != 1 ] || { echo begun; cat gate; }; echo again' >got 2>err &
run=$!
until_true 'it runs' grep -q begun got
kill_9 yon-worker.1
wait "$run" || fail "run: exit code $?: $(cat err)"
printf 'begun\nagain\n' | cmp - got
grep -q 'was cut off after 6 bytes of stdout; the next one begins anew' err ||
    fail "run said: $(cat err)"
