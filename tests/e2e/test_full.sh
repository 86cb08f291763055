#!/usr/bin/env bash
# A full disk: submits are refused with the reason, outcomes are still recorded, and
# when there is space again all goes on.
if [ -z "${IN_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
    # The file system vanishes with the last process that sees it.
    IN_OWN_MOUNTS=yes exec unshare -m bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"

mkdir "$T/small"
[ -n "${IN_OWN_MOUNTS:-}" ] && mount -t tmpfs -o size=16m yon-e2e "$T/small" ||
    skip "a small file system needs root and mounts of its own"
D=$T/small/d
at_end() {
    umount -l "$T/small"
}

fill() {
    cat /dev/zero >"$T/small/filler" 2>/dev/null || :
    [ "$(stat -f -c %a "$T/small")" = 0 ] || fail "$T/small did not get full"
}

up --slots 2
gate_new gate
gate_new flood
large=$(yon submit -- sh -c 'echo >ready; cat flood; head -c 8000000 /dev/urandom' 2>/dev/null)
until_true "the other one has started" test -e ready
running=$(yon submit -- sh -c 'echo >here; cat gate; echo recorded' 2>/dev/null)
until_true "the command has started" test -e here
fill

# The free pages of the database may take some.
refused=
for ((i = 0; i < 200; i++)); do
    head -c 60000 /dev/zero | tr '\0' x >big
    status=0
    yon submit -- true "$(cat big)" >"$T/out" 2>"$T/err" || status=$?
    [ $status = 0 ] && continue
    refused=yes
    break
done
[ -n "$refused" ] || fail "200 submits of 60 kB went into a full file system"
[ $status = 5 ] || fail "exit code $status, expected 5: $(cat "$T/err")"
expect_err "disk is full"
expect_exit 125 yon run -- true
expect_exit 0 yon status

# Running and accepted jobs get their outcomes all the same.
gate_open gate
expect_exit 0 yon wait "$running"
expect_exit 0 yon result "$running" --raw
expect_out recorded

# Of a large output the middle has no room: that is told, and the rest is kept.
gate_open flood
expect_exit 1 yon wait "$large"
expect_err "output was dropped"
expect_exit 0 yon show "$large"
grep -q '^ *dropped *[0-9]* bytes of stdout' "$T/out" || fail "$(cat "$T/out")"
expect_exit 1 yon result "$large" --raw
expect_err "wrote 8000000 bytes to stdout"
[ "$(stat -c %s "$T/out")" -ge 1048576 ] || fail "only $(stat -c %s "$T/out") bytes"

kill_9 yond
expect_exit 0 yon result "$running" --raw
expect_out recorded

rm "$T/small/filler"
until_true "submits are taken again" yon run -- true
expect_exit 0 yon run -- echo again
expect_out again
expect_exit 0 yon down
