#!/usr/bin/env bash
# All that a command has started ends with it, and with the worker, whichever process
# of that is killed: in cgroups where they can be made, and without.
. "$(dirname "$0")/lib.sh"

STRAY=$BUILD/tests/stray
MARK=stray-of-${T##*.}
echo "$MARK" >"$T/mark"
mkdir "$D"
yond --lease 2 --listen "ipc://$D/yond.sock" --db "$D/yon.db" 2>"$T/yond" &
export YON_SERVER=ipc://$D/yond.sock

# The programs of this test: they have its mark in their command line.
strays() {
    grep -lzsFf "$T/mark" /proc/[0-9]*/cmdline | cut -d/ -f3 || :
}
none_is_left() {
    [ -z "$(strays)" ]
}
n_strays() {
    [ "$(strays | wc -l)" = "$1" ]
}
none_of() {
    local pid
    for pid in $(strays); do
        [[ " $* " != *" $pid "* ]] || return 1
    done
}
end_worker() {
    kill -9 "$worker" 2>/dev/null || :
    wait "$worker" 2>/dev/null || :
}
has_worker() {
    yon workers --json | grep -q '"name": *"keeping"'
}
start_worker() {
    yon-worker --name keeping --procs 1 --slots 1 \
        "$@" 2>"$T/worker" &
    worker=$!
    until_true 'the worker is there' has_worker
}
except_the_supervisor() {
    all_of_the_worker | grep -vxF "$worker"
}
all_of_the_worker() {
    local pid
    for pid in $(procs); do
        case $(comm "$pid") in
        yon-worker* | yon-forkserver | yon-shim) echo "$pid" ;;
        esac
    done
}

# One that leaves a process elsewhere, and goes on.
submit() {
    yon submit -- sh -c '"$1" daemon "$2"; exec sleep 1000' sh "$STRAY" "$MARK" \
        2>/dev/null
}

cancel() {
    yon cancel "$1" 2>/dev/null
    expect_exit 7 yon wait "$1"
    none_is_left || fail "left after a cancel: $(ps -fp "$(strays)")"
}

check() { # OPTION...: of the worker
    local id old pid stopped
    start_worker "$@"

    for how in daemon clean hop; do
        expect_exit 0 yon run --quiet -- "$STRAY" "$how" "$MARK"
        none_is_left || fail "$how: left after its end: $(ps -fp "$(strays)")"
    done

    id=$(submit)
    until_true 'it has escaped' n_strays 1
    cancel "$id"

    # It runs again when its process was killed.
    id=$(submit)
    until_true 'it has escaped' n_strays 1
    old=$(strays)
    kill_9 yon-worker.1
    until_true 'the programs of the process that was killed have gone' none_of $old
    until_true 'it has escaped again' n_strays 1

    end_worker
    until_true 'nothing outlives the supervisor' none_is_left

    start_worker "$@"
    until_true 'it has escaped once more' n_strays 1
    cancel "$id"

    # When no process of the worker is left to do it, the next worker does: none may
    # see another die. (Another job: three losses, and it would be poisoned.)
    id=$(submit)
    until_true 'another has escaped' n_strays 1
    old=$(strays)
    stopped=$(all_of_the_worker)
    kill -STOP $stopped
    kill -9 $stopped
    wait "$worker" 2>/dev/null || :
    start_worker "$@"
    until_true 'the next worker has cleaned up' none_of $old
    cancel "$id"

    # Also when those processes are stopped, and never continued.
    id=$(submit)
    until_true 'a third has escaped' n_strays 1
    old=$(strays)
    stopped=$(except_the_supervisor)
    kill -STOP $stopped
    end_worker
    start_worker "$@"
    until_true 'the next worker has cleaned up again' none_of $old
    for pid in $stopped; do
        gone "$pid"
    done
    cancel "$id"

    # A worker that is told to end, and then killed, sweeps all the same.
    id=$(submit)
    until_true 'a fourth has escaped' n_strays 1
    kill "$worker"
    until_true 'it drains' grep -q 'info draining ' "$T/worker"
    kill -9 $(except_the_supervisor)
    wait "$worker" 2>/dev/null || :
    none_is_left || fail "left by a supervisor that ended: $(ps -fp "$(strays)")"

    start_worker "$@"
    cancel "$id"
    end_worker
}

check --cgroup none
check
