#!/usr/bin/env bash
# Output that was dropped is told wherever its job is, and no exit code is 0 then.
. "$(dirname "$0")/lib.sh"

up --slots 2 --procs 1

# ask PATH: of the document on stdout.
ask() {
    sqlite3 :memory: "select json_extract(readfile('$T/out'), '$1')"
}

expect_said() {
    grep -qF -- "$1" "$T/out" || fail "not on stdout: $1: $(head -c 2000 "$T/out")"
}

# seq 400000 writes 2688895 bytes, of which 1 MiB is kept.
gone=$((2688895 - 1048576))

# One of an array of three, and the end of the wait with it.
expect_exit 1 yon submit -w --output-limit 1M -- seq {} ::: 10 400000 20
expect_err 'output of 1 of 3 was dropped' 'yon show 1'
expect_exit 1 yon wait 1
expect_exit 0 yon wait --exit-zero 1
expect_exit 0 yon wait 1.1
expect_exit 1 yon wait 1.2
expect_err 'output was dropped'
expect_exit 1 yon wait 1.2 1.1 --json
[ "$(ask '$.jobs[0].dropped_bytes') $(ask '$.jobs[0].counts.gaps')" = "$gone 1" ] ||
    fail "wait --json: $(cat "$T/out")"
[ "$(ask '$.jobs[1].dropped_bytes') $(ask '$.jobs[1].counts.gaps')" = "0 0" ]
expect_exit 1 yon submit -w --output-limit 1M -- sh -c 'seq 400000 >&2'
expect_exit 0 yon submit -w -- true

told() {
    expect_exit 0 yon ls
    expect_said 'output of 1 has gaps'
    expect_said 'its output has a gap'
    expect_exit 0 yon ls --json
    [ "$(ask '$.jobs[0].counts.gaps') $(ask '$.jobs[1].counts.gaps')" = "0 1" ] ||
        fail "ls --json: $(cat "$T/out")"
    [ "$(ask '$.jobs[2].counts.gaps')" = 1 ]
    expect_exit 0 yon show 1
    expect_said 'output of 1 has gaps'
    expect_exit 0 yon show 1.2
    expect_said "$gone bytes of stdout"
    expect_exit 0 yon show 1.2 --json
    [ "$(ask '$.dropped_bytes')" = "$gone" ] || fail "show --json: $(cat "$T/out")"
    expect_exit 0 yon show 2
    expect_said "$gone bytes of stderr"
    expect_exit 1 yon wait 1 2
    expect_exit 0 yon wait 3
}
told
kill_9 yond # ... and from the disk
told

# What is printed has a hole: it is told where, and the exit code says so.
# A small output in front of it hides none.
expect_exit 1 yon result --json 1
[ "$(ask '$.results[1].stdout_missing.bytes')" = "$gone" ] || fail "no stdout_missing"
[ "$(ask '$.results[2].item')" = 20 ] || fail 'the third is missing'
for args in '' --raw --each; do
    expect_exit 1 yon result $args 1
    expect_err "1.2 wrote 2688895 bytes to stdout; $gone of them"
    expect_exit 0 yon result $args 1.1
done
expect_exit 1 yon result 2
expect_err "2 wrote 2688895 bytes to stderr; $gone of them"
expect_exit 0 yon result --raw 2 # which prints stdout, all of it
expect_exit 1 yon logs 1
expect_err "$gone bytes of stdout are missing here"
expect_exit 1 yon logs -f 1.2
expect_exit 1 yon logs --stderr 2
expect_err "$gone bytes of stderr are missing here"
expect_exit 0 yon logs 2

# An array that goes on after its coordinator was killed has not forgotten them.
gate_new gate
id=$(yon submit --output-limit 1M -- sh -c 'case $1 in 1) seq 400000;; *) cat gate;; esac' sh {} ::: 1 2 2>/dev/null)
until_true "$id.1 has ended" sh -c "yon show $id.1 | grep 'bytes of stdout'"
kill_9 yond
gate_open gate
expect_exit 1 yon wait "$id"
expect_err 'output of 1 of 2 was dropped'
