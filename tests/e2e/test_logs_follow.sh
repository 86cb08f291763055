#!/usr/bin/env bash
# yon logs -f of an array shows all elements while they run, and all of their
# output from the start on, in whole lines, however slowly it is read.
. "$(dirname "$0")/lib.sh"

up --slots 3 --procs 1

# Several at once: the first one does not hold up the others.
gate_new gate
id=$(yon submit -- sh -c 'echo "$1 begins"; [ $1 != 1 ] || cat gate; echo "$1 ends"' sh {} ::: 1 2 3 4 2>/dev/null)
yon logs -f "$id" >got 2>err &
logs=$!
for line in '1 begins' '2 ends' '3 ends' '4 ends'; do
    until_true "seen: $line" grep -qx "$line" got
done
! grep -q '1 ends' got
gate_open gate
wait "$logs" || fail "logs -f: exit code $?: $(cat err)"
grep -qx '1 ends' got
[ ! -s err ] || fail "logs -f said: $(cat err)"

# The same again, when all have ended: in order.
expect_exit 0 yon logs -f "$id"
printf '%s\n' '1 begins' '1 ends' '2 begins' '2 ends' '3 begins' '3 ends' \
    '4 begins' '4 ends' | cmp - "$T/out"
expect_exit 0 yon logs -f --prefix "$id"
grep -qx "$id.2: 2 ends" "$T/out" || fail "$(cat "$T/out")"
expect_exit 0 yon logs --prefix "$id.3"
expect_out "$id.3: 3 begins
$id.3: 3 ends"

# More than is kept of each, by more of them than run at once, read by one who
# begins late. While it does not read, they wait.
is_blocked() {
    local pids pid n=0
    pids=$(procs seq)
    for pid in $pids; do
        ! grep -q pipe_write "/proc/$pid/wchan" || n=$((n + 1))
    done
    [ $n = 3 ]
}
gate_new turn
yon submit --array 1-3 -- cat turn >/dev/null 2>&1
id=$(yon submit -- seq -f '{} %.0f' 300000 ::: a b c d e 2>/dev/null)
mkfifo pipe
{ cat gate && cat; } <pipe >got 2>"$T/reader" &
reader=$!
yon logs -f "$id" >pipe 2>err &
logs=$!
until_true 'three wait' sh -c 'yon status | grep -q " 3/3 slots"'
gate_open turn
until_true 'three wait for their reader' is_blocked
gate_open gate
wait "$logs" || fail "logs -f: exit code $?: $(cat err)"
wait "$reader"
[ ! -s err ] || fail "logs -f said: $(cat err)"
for item in a b c d e; do
    seq -f "$item %.0f" 300000 | cmp - <(grep "^$item " got) || fail "the output of $item"
done
[ "$(wc -l <got)" = 1500000 ]

# Lines without an end, and bytes of any kind.
id=$(yon submit -- sh -c 'printf "%s" $1; head -c 100000 /dev/zero | tr "\0" "\377"' sh {} ::: x y 2>/dev/null)
expect_exit 0 yon logs -f "$id"
[ "$(wc -c <"$T/out")" = 200002 ]
expect_exit 0 yon wait "$id"

# Who reads no more ends it.
id=$(yon submit -- sh -c 'seq 1000000' {} ::: 1 2 3 2>/dev/null)
yon logs -f "$id" 2>err | head -n 1 >got || :
[ "$(cat got)" = 1 ]
expect_exit 0 yon wait --exit-zero "$id"
