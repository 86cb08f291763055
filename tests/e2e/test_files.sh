#!/usr/bin/env bash
# --stdout, --stderr, --append: output of any size in files where a command runs; no
# element overwrites the file of another; what cannot be written is told.
. "$(dirname "$0")/lib.sh"

# field KEY...: of the document on stdin.
field() {
    python3 -c 'import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1:]:
    value = value[key]
sys.stdout.write(value if isinstance(value, str) else json.dumps(value))' "$@"
}

up --procs 1 --slots 4

# More than yon would keep, of each element, in its folder.
expect_exit 0 yon submit -w --stdout 'out.{#}' --stderr '{.}.err' \
    --sh 'seq 1000000; echo {} >&2' ::: a.x b.x
for i in 1 2; do cmp <(seq 1000000) out.$i; done
[ "$(cat a.err b.err | xargs)" = "a.x b.x" ] || fail "stderr: $(cat a.err b.err)"
yon show last.2 | grep -q '^ *stdout to *out.{#}' || fail "$(yon show last.2)"
yon show last.2 --json >doc
[ "$(field stdout_file <doc) $(field stderr_file <doc) $(field append <doc)" = \
    "out.{#} {.}.err false" ] || fail "$(cat doc)"

# A retry writes the file of its element, and no other.
expect_exit 1 yon submit -w --stdout 'r.{#}' --array 5-7 -- \
    sh -c 'echo "$1 $YON_JOB"; [ -e mended ] || [ "$1" != 6 ]' sh {}
cp r.5 before
touch mended
id=$(yon retry last)
yon wait "$id"
cmp r.5 before
[ "$(cat r.6)" = "6 $id.6" ] || fail "r.6: $(cat r.6)"

# yon run: one file for both; then added to.
expect_exit 3 yon run --stdout log --stderr log -- \
    sh -c 'echo 1; echo 2 >&2; exit 3'
[ ! -s "$T/out" ] || fail "it was shown: $(cat "$T/out")"
expect_exit 0 yon run --stdout log --append -- echo 3
[ "$(xargs <log)" = "1 2 3" ] || fail "log: $(cat log)"
expect_exit 0 yon submit -w --stdout log --append --array 1-20 -- echo x{}
[ "$(grep -c '^x' log)" = 20 ] || fail "appended: $(cat log)"
expect_exit 0 yon run --stdout log -- echo 4
[ "$(cat log)" = 4 ] || fail "not emptied: $(cat log)"

# What cannot be written.
expect_exit 125 yon run --stdout no/such/x -- echo 1
expect_err "its stdout: cannot open $PWD/no/such/x: No such file or directory"
expect_exit 1 yon run --stdout /dev/full -- sh -c 'echo 1 || exit 1'
expect_exit 1 yon submit -w --stderr . -- echo 1
[ "$(yon result last --json | field reason)" = start ] ||
    fail "$(yon result last --json)"

# What would lose output is refused.
expect_exit 2 yon submit --stdout x echo ::: 1 2
expect_exit 2 yon submit --stdout '{/}.o' echo ::: 1/a 2/a
expect_err "jobs 1 and 2 of the array would write to the same file"
expect_exit 2 yon submit --stdout '{}.x' --stderr '{.}.x' echo ::: a.x a
expect_exit 2 yon submit --stderr '{//}/x' --array 1-9 -- echo {}
expect_exit 2 yon submit --stdout x --array 1-2 -- echo
expect_err "jobs 1 and 2 of the array would write to the same file"
expect_exit 125 yon run --stdout 'x.{#}' -- echo
expect_err "there are no items"
expect_exit 125 yon run --append -- echo
expect_exit 125 yon run --stdout '' -- echo
expect_exit 125 yon run --stdout x --idle-timeout 1s -- echo
expect_exit 2 yon submit --stdout x --call add
