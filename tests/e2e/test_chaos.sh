#!/usr/bin/env bash
# Everything happens to a cluster under load: kill -9 and SIGSTOP of any process,
# links that are cut or held, a disk that is full or fails. In the end each accepted
# job has one outcome, the right one. tests/chaos has the parts.
#
#   test_chaos.sh [SECONDS [SEED]]
#
# When it fails, logs and database stay in a folder that it names.
if [ -z "${IN_OWN_MOUNTS:-}" ] && unshare -m true 2>/dev/null; then
    # The file system vanishes with the last process that sees it.
    IN_OWN_MOUNTS=yes exec unshare -m bash "$0" "$@"
fi
. "$(dirname "$0")/lib.sh"

# With root the database has a small file system, which gets full at times, and
# calls write where no disk holds their process for longer than a lease.
mkdir "$T/chaos" "$T/disk"
if [ -n "${IN_OWN_MOUNTS:-}" ]; then
    mount -t tmpfs yon-e2e "$T/chaos"
    mount -t tmpfs -o size=64m yon-e2e "$T/disk"
fi
at_end() {
    # A process that was killed during its leak check says no more than that.
    for log in "$T"/sanitizer*; do
        ! [ -e "$log" ] || grep -qv 'Unable to get registers' "$log" || rm "$log"
    done
    if [ "$status" != 0 ]; then
        keep=$(mktemp -d "${T%/*}/yon-chaos.XXXXXX")
        rm -f "$T/disk/filler"
        cp -r "$T/chaos" "$T/disk" "$T"/sanitizer* "$keep" 2>/dev/null
        echo "kept: $keep"
    fi
    [ -z "${IN_OWN_MOUNTS:-}" ] || umount -l "$T/chaos" "$T/disk"
}

ulimit -c 0
export PYTHONDONTWRITEBYTECODE=1
python3 "$ROOT/tests/chaos/chaos.py" --build "$BUILD" --dir "$T/chaos" \
    --disk "$T/disk" --seconds "${1:-20}" ${2:+--seed "$2"} ||
    fail "see above"
left=$(procs)
[ -z "$left" ] || fail "left behind: $(ps -o pid,args -p "${left//$'\n'/,}")"
