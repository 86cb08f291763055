#!/usr/bin/env bash
# A worker that cannot start: yon up says why, ends, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

# More slots than the limit on open files allows.
expect_exit 1 sh -c 'ulimit -n 80 && exec yon up -d --procs 1 --slots 64 --dir "$1"' \
    sh "$D"
expect_err "64 slots need" "open files, the limit is 80" "take fewer slots"
[ -z "$(procs)" ] || fail "processes are left"

# yon up takes the programs beside it: here a worker of our own.
mkdir "$T/bin"
cp "$BUILD/bin/yon" "$BUILD/bin/yond" "$T/bin"
worker() {
    printf '#!/bin/sh\n%s\n' "$1" >"$T/bin/yon-worker"
    chmod +x "$T/bin/yon-worker"
}

# It fails, and takes its time: that is not taken for a worker that has worked.
worker 'echo "the module cannot be read" >&2; sleep 1.05; exit 1'
expect_exit 1 "$T/bin/yon" up -d --dir "$T/slow"
expect_err "the module cannot be read" "$T/slow/log"
[ -z "$(procs)" ] || fail "processes are left"

# It never connects.
worker 'echo "looking for the disk" >&2; exec sleep 1000'
expect_exit 1 "$T/bin/yon" up -d --procs 2 --timeout 500ms --dir "$T/never"
expect_err "0 of 2 worker processes have connected within" "looking for the disk"
[ -z "$(procs)" ] || fail "processes are left"
expect_exit 1 "$T/bin/yon" up --procs 2 --timeout 500ms --dir "$T/never"
expect_err "0 of 2 worker processes have connected within"
