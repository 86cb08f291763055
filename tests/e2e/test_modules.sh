#!/usr/bin/env bash
# A worker keeps the modules that it has read: whatever happens to the files, all
# its processes run the same version, until it is told to read them again.
. "$(dirname "$0")/lib.sh"
! grep -qa __asan_init "$BUILD/bin/yon-worker" ||
    skip 'the sanitizer has the signals'
ulimit -c 0

CC=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$BUILD/CMakeCache.txt")

# make_module VERSION FILE [OPTION...]
make_module() {
    local version=$1 file=$2
    shift 2
    "$CC" -shared -fPIC -I"$ROOT/include" -DVERSION="$version" "$@" \
        "$ROOT/tests/data/modules/versions.c" -o "$file"
}
# says VERSION: both kinds of functions are of this version.
says() {
    expect_exit 0 yon call version
    expect_out "$1"
    expect_exit 0 yon call version_cpu
    expect_out "$1"
}
lives() {
    [ -e "$1" ]
}

make_module 1 v.so
make_module 2 v2.so
make_module 3 v3.so
up --load v.so --slots 2
says 1

# ---- the file is replaced while calls run ----

yon submit --call version_later ms:=1500 file="$PWD/began" >"$T/later" 2>/dev/null
until_true 'the call runs' lives began
cat v2.so >v.so # in place, as cp does
says 1
yon wait "$(cat "$T/later")" >"$T/out" 2>&1
expect_exit 0 yon result "$(cat "$T/later")"
expect_out 1
rm v.so
says 1

# Processes that start later have it, too: a cpu process, and the successor of one
# that a call has ended, which is named by the function, though its file is gone.
expect_exit 1 yon call die
expect_err 'SIGSEGV in function die: ' ' < die+0x'
says 1
for pid in $(procs yon-worker.cpu); do kill -9 "$pid"; done
says 1
