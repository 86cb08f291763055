#!/usr/bin/env bash
# yon doctor names what is wrong, says what helps, and its exit code tells.
if [ -z "${IN_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
    IN_OWN_MOUNTS=yes exec unshare -m bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"

# The state and the hint of a check, of the last --json.
state() {
    sqlite3 :memory: "select json_extract(value, '$.state') from
        json_each(readfile('$T/out'), '$.checks') where
        json_extract(value, '$.check') = '$1'"
}

# expect_check NAME STATE WORDS: with them in its message or its hint.
expect_check() {
    "${doctor[@]}" --json >"$T/out" 2>"$T/err" || :
    [ "$(state "$1")" = "$2" ] || fail "$1 is $(state "$1"), not $2: $(cat "$T/out")"
    tr '}' '\n' <"$T/out" | grep -F "\"$1\"" | grep -qF -- "$3" || fail "no $3: $(cat "$T/out")"
}
doctor=(yon doctor)
export YON_DIR=$D

# Nothing runs.
expect_exit 1 yon doctor
grep -q '^fail  coordinator  no coordinator answers at ipc://' "$T/out" || fail "$(cat "$T/out")"
grep -q '^ *yon up -d$' "$T/out" || fail "no help: $(cat "$T/out")"
expect_check directory warn 'yon up -d'

# All is well, or nearly: not every machine has cgroups or a large disk.
up --procs 1 --slots 2
expect_exit 0 yon doctor
for check in versions directory socket coordinator workers clock database; do
    expect_check "$check" ok ''
done
expect_check versions ok "yond "
expect_check directory ok "mode 700"
expect_check workers ok "1 connected, 2 slots"
expect_exit 0 yon doctor -q
! grep -q '^ok' "$T/out" || fail "-q shows what is well"
expect_exit 2 yon doctor more

# Others may write where the socket and the database are.
chmod 777 "$D"
expect_check directory fail 'chmod 700'
expect_exit 1 yon doctor
chmod 700 "$D"
chmod 644 "$D/yon.db"
expect_check database warn 'chmod 600'
chmod 600 "$D/yon.db"

# Its limits are too low for its slots.
doctor=(sh -c 'ulimit -n 60 && exec yon doctor "$@"' sh)
expect_check 'open files' warn 'ulimit -Hn'
expect_exit 0 "${doctor[@]}"
doctor=(yon doctor)

# A clock that was set back.
touch -d '+2 days' "$D/yon.db"
expect_check clock warn 'the clock was set back'
touch "$D/yon.db"

# Programs of two releases.
mkdir "$T/bin"
cp "$BUILD/bin/yon" "$BUILD/bin/yond" "$T/bin"
printf '#!/bin/sh\necho yon-worker 0.0.1\n' >"$T/bin/yon-worker"
chmod +x "$T/bin/yon-worker"
doctor=("$T/bin/yon" doctor)
expect_check versions fail 'programs of one release'
rm "$T/bin/yon-worker" "$T/bin/yond"
doctor=(env "PATH=/usr/bin:/bin" "$T/bin/yon" doctor)
expect_check versions fail 'belong beside yon'
doctor=(yon doctor)

# It does not answer.
kill -STOP "$(proc yond)"
expect_check coordinator fail 'does not answer'
kill -CONT "$(proc yond)"

# Another machine: nothing is looked for here.
doctor=(yon -s tcp://127.0.0.1:1 doctor)
expect_check directory ok 'the coordinator is tcp://127.0.0.1:1'
expect_check coordinator fail 'no coordinator answers'
expect_check coordinator fail 'this machine reaches its port'
doctor=(yon doctor)

[ -n "${IN_OWN_MOUNTS:-}" ] || exit 0
mkdir "$T/small" "$T/small.tmp"
mount -t tmpfs -o size=4m none "$T/small"
mount -t tmpfs -o size=4m,noexec none "$T/small.tmp"
at_end() {
    umount -l "$T/small" "$T/small.tmp"
}
doctor=(env "YON_DIR=$T/small/d" "TMPDIR=$T/small.tmp" yon doctor)
expect_check disk fail 'make room'
expect_check temporary warn 'noexec'
