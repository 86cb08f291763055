#!/usr/bin/env bash
# The programs of docs/asyncio.md and their models in Python print the same, as
# tests/data/examples has it.
. "$(dirname "$0")/lib.sh"

EXAMPLES=$BUILD/bin/examples/asyncio
export PYTHONDONTWRITEBYTECODE=1

# prints NAME COMMAND...: exactly the expected output of NAME. A program orders its
# output by its own waits; a busy machine disturbs only short ones.
prints() {
    local want=$ROOT/tests/data/examples/$1.txt unit
    shift
    for unit in 40 200 1000; do
        expect_exit 0 env YON_EXAMPLE_UNIT_MS=$unit "$@"
        ! cmp -s "$want" "$T/out" || return 0
    done
    diff "$want" "$T/out" >&2 || :
    fail "that is not what $* prints"
}

python=$(command -v python3) || :
[ -n "$python" ] && python3 -c 'import asyncio; asyncio.TaskGroup' 2>/dev/null ||
    python=

n=0
for source in "$ROOT"/examples/asyncio/*.c "$ROOT/examples/echo_server.c"; do
    name=$(basename "$source" .c) program=${source#"$ROOT"/}
    prints "$name" "$BUILD/bin/${program%.c}"
    [ -z "$python" ] ||
        prints "$name" "$python" "$ROOT/tests/data/asyncio/$name.py"
    n=$((n + 1))
done
[ $n -ge 10 ] || fail "where are the examples?"
[ -n "$python" ] || echo "note: no python3 with asyncio.TaskGroup: C only"

# The same lines call functions of this process, above, and of workers.
up --load "$BUILD/lib/background.so" --load "$BUILD/lib/slow_square.so" \
    --load "$BUILD/lib/total.so"
for name in jetroutines primes; do
    prints $name "$EXAMPLES/$name" "ipc://$D/yond.sock"
done
yon ls >"$T/ls"
for name in fetch count_primes; do
    grep -q $name "$T/ls" || fail "no job was made: $(cat "$T/ls")"
done

# One program in three flavours: blocking, callbacks on libuv and on poll(2).
for flavour in fanout fanout_uv fanout_poll; do
    expect_exit 0 "$BUILD/bin/examples/$flavour" </dev/null
    expect_out "50 squares, together 40425"
    [ $flavour != fanout_uv ] || cp "$T/err" "$T/dots"
done
grep -q '\.\.\.\.\.' "$T/dots" || fail "the loop stood still while fanout_uv waited"

# Lists of any length, there and back; what does not fit is named by its place.
expect_exit 0 "$BUILD/bin/examples/records" 5000
expect_out "2497500 bytes; the largest: 999.dat 1999.dat 2999.dat 3999.dat 4999.dat"
expect_exit 1 yon call total 'files:=[{"name": "a", "size": 1}, {"name": "b", "size": "2"}]'
expect_err "args.files[1].size: expected integer, got string"
expect_exit 1 "$BUILD/bin/examples/records" 500000
expect_err "the limit is 1048576"
yon down >"$T/out" 2>&1

# A function that holds the loop is named, each time; one that only waits is not.
expect_exit 0 env YON_EXAMPLE_UNIT_MS=40 YON_SLOW_MS=50 \
    "$EXAMPLES/coffee_blocking"
[ "$(grep -c "^yon: coroutine 'brew_blocking' held the loop for [0-9]* ms: ." \
    "$T/err")" = 3 ] || fail "brew_blocking was not named three times: $(cat "$T/err")"
expect_exit 0 env YON_EXAMPLE_UNIT_MS=300 YON_SLOW_MS=1000 "$EXAMPLES/coffee_gather"
[ ! -s "$T/err" ] || fail "nobody held the loop: $(cat "$T/err")"

# One that holds it for ten times as long is named before it lets go.
expect_exit 0 env YON_EXAMPLE_UNIT_MS=80 YON_SLOW_MS=20 \
    "$EXAMPLES/coffee_blocking"
expect_err "yon: coroutine 'brew_blocking' holds the loop, " \
    "yon: coroutine 'brew_blocking' held the loop for "

# Each block of docs/asyncio.md stands in one of these programs, line by line;
# several functions of one program may stand in a block with others between
# them left out.
stripped() {
    printf '\001'
    sed 's/^ *//' "$1" | tr '\n' '\001'
}
awk -v RS= -v dir="$T/part" '
    { block = $0 }
    block ~ /^```(python|c)\n/ { on = substr(block, 4, 1) == "p" ? "py" : "c"
                                 sub(/^[^\n]*\n/, "", block) }
    on != "" { last = sub(/\n?```$/, "", block)
               if (block != "") print block > (dir (1000 + n++) "." on)
               if (last) on = "" }' "$ROOT/docs/asyncio.md"
for kind in py c; do
    for source in "$ROOT"/tests/data/asyncio/*.py \
        "$ROOT"/examples/{asyncio/*,background,echo_server}.c; do
        [ "${source##*.}" != $kind ] || stripped "$source"
    done >"$T/all.$kind"
    n=0
    for part in "$T"/part*."$kind"; do
        stripped "$part" >"$T/pattern"
        grep -qaFf "$T/pattern" "$T/all.$kind" ||
            fail "docs/asyncio.md shows what no example has: $(cat "$part")"
        n=$((n + 1))
    done
    [ $n -ge 20 ] || fail "docs/asyncio.md has $n parts of $kind only"
done
