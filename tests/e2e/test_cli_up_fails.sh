#!/usr/bin/env bash
# A worker that cannot start: yon up says why, ends, and leaves nothing behind.
. "$(dirname "$0")/lib.sh"

# More slots than the limit on open files allows.
expect_exit 1 sh -c 'ulimit -n 80 && exec yon up -d --procs 1 --slots 64 --dir "$1"' \
    sh "$D"
expect_err "64 slots need" "open files, the limit is 80" "take fewer slots"
[ -z "$(procs)" ] || fail "processes are left"

# Too little memory, for another step of the start each time. What a sanitizer
# reserves is far more.
sizes="50000 60000 70000 75000 80000 85000 90000"
! grep -qaE '__(asan|tsan)_init' "$BUILD/bin/yond" || sizes=
for kb in $sizes; do
    got=0
    bash -c 'ulimit -v "$1" && exec yon up -d --procs 1 --slots 1 --dir "$2"' \
        bash $kb "$D" 2>"$T/err" || got=$?
    if [ $got = 0 ]; then # there was enough
        yon down --dir "$D" 2>/dev/null
    else
        grep -q '^yon: .' "$T/err" || fail "with $kb KiB it says: $(cat "$T/err")"
    fi
    [ -z "$(procs)" ] || fail "processes are left with $kb KiB"
done

# yon up takes the programs beside it: here a worker of our own.
mkdir "$T/bin"
cp "$BUILD/bin/yon" "$BUILD/bin/yond" "$T/bin"
worker() {
    printf '#!/bin/sh\n%s\n' "$1" >"$T/bin/yon-worker"
    chmod +x "$T/bin/yon-worker"
}

# It fails when it is older than a second, by the clock of the kernel: that is not
# taken for a worker that has worked.
cat >"$T/older" <<'S'
echo "the module cannot be read" >&2
read -ra stat </proc/$$/stat
until read -r now _ </proc/uptime && [ "${now/./}" -gt $((stat[21] + 100)) ]; do
    read -rt 0.02 <> <(:)
done
exit 1
S
worker "exec bash '$T/older'"
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

# It dies as soon as it has started.
worker 'kill -SEGV $$'
expect_exit 1 "$T/bin/yon" up -d --dir "$T/dies"
expect_err "worker ended 5 times before all were ready: signal 11" "yon doctor" "$T/dies/log"
# The loader finds none, or another one, of its libraries.
worker 'exit 127'
expect_exit 1 "$T/bin/yon" up -d --dir "$T/loader"
expect_err "a library that it needs is not there" "ldd"
rm "$T/bin/yon-worker"
expect_exit 1 env "PATH=/usr/bin:/bin" "$T/bin/yon" up -d --dir "$T/absent"
expect_err "yon-worker: no such file or directory" "it belongs beside yon"

# Another process has its socket.
mkdir -m 700 "$T/taken" "$T/other"
yond --listen "ipc://$T/other/yond.sock" --db "$T/other/yon.db" 2>"$T/yond" &
other=$!
until_true "it answers" yon -s "ipc://$T/other/yond.sock" status
ln -s "$T/other/yond.sock" "$T/taken/yond.sock"
expect_exit 1 yon up -d --dir "$T/taken"
expect_err "is served by another process"
kill $other

[ "$(id -u)" = 0 ] || exit 0
# A directory of somebody else; a disk without room, also for its log.
as_user=(setpriv --reuid=65000 --regid=65000 --clear-groups)
if type setpriv >/dev/null && "${as_user[@]}" test -x "$BUILD/bin/yon"; then
    mkdir -m 755 "$T/theirs"
    chmod 711 "$T"
    expect_exit 1 "${as_user[@]}" yon up -d --dir "$T/theirs"
    expect_err "Permission denied" "choose a directory that you may write to" "--dir"
fi
mkdir -m 700 "$T/full"
at_end() {
    umount -q "$T/full" || :
}
mount -t tmpfs -o size=16k,mode=700 none "$T/full" 2>/dev/null || exit 0
expect_exit 1 yon up -d --dir "$T/full"
expect_err "the disk of $T/full is full" "make room there"
[ -z "$(procs)" ] || fail "processes are left"
