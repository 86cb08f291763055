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
log=$D/log/worker.log
# log_has N TEXT: there are so many lines with it.
log_has() {
    [ "$(grep -c "$2" "$log")" = "$1" ]
}
# says VERSION: both kinds of functions are of this version.
says() {
    expect_exit 0 yon call version
    expect_out "$1"
    expect_exit 0 yon call version_cpu
    expect_out "$1"
}
# all_say VERSION: so many calls that both processes have some.
all_say() {
    local i
    for i in 1 2 3 4 5 6; do
        [ "$(yon call version)" = "$1" ] || return 1
    done
}
lives() {
    [ -e "$1" ]
}

# build_of FILE: as the linker has named it.
build_of() {
    readelf -n "$1" | sed -n 's/.*Build ID: \(............\).*/\1/p'
}
# shows BUILD: workers and functions do, and no other.
shows() {
    expect_exit 0 yon workers
    [ "$(grep -c "v\.so $1\$" "$T/out")" = 2 ] || fail "not in it: $(cat "$T/out")"
    expect_exit 0 yon functions
    [ "$(grep -c " 2 *v\.so $1\$" "$T/out")" = 4 ] || fail "not in it: $(cat "$T/out")"
    expect_exit 0 yon functions --json
    [ "$(sqlite3 :memory: "select json_extract(readfile('$T/out'),
        '\$.functions[1].modules[0].build')")" = "$1" ] || fail "$(cat "$T/out")"
    expect_exit 0 yon workers --json
    [ "$(sqlite3 :memory: "select json_extract(readfile('$T/out'),
        '\$.workers[1].modules[0].build'), json_extract(readfile('$T/out'),
        '\$.workers[1].modules[0].functions')")" = "$1|4" ] || fail "$(cat "$T/out")"
}

make_module 1 v.so -Wl,--build-id=sha1
make_module 2 v2.so -Wl,--build-id=sha1
make_module 3 v3.so -Wl,--build-id=none
first=$(build_of v.so)
[ ${#first} = 12 ] || fail "no build-id: $first"
up --load v.so --slots 2
says 1
shows "$first"

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

shows "$first"

# Processes that start later have it, too: a cpu process, and the successor of one
# that a call has ended, which is named by the function, though its file is gone.
expect_exit 1 yon call die
expect_err 'SIGSEGV in function die: ' ' < die+0x'
says 1
for pid in $(procs yon-worker.cpu); do kill -9 "$pid"; done
says 1

# ---- SIGHUP: the new one, for new calls ----

supervisor=$(procs yon-worker)
lines=$(wc -l <"$log")
cp v2.so v.so
n=0
for i in 1 2 3 4; do
    yon submit --call version_later ms:=1500 file="$PWD/began$i" >"$T/later$i" 2>/dev/null
    until_true 'the call runs' lives "began$i"
done
for pid in $(procs); do # loops and cpu processes do not mind
    case $(comm "$pid") in yon-worker*) kill -HUP "$pid" ;; esac
done
# Nothing is lost meanwhile, and nobody waits long.
until log_has 2 'info replacing '; do
    expect_exit 0 yon call version
    n=$((n + 1))
    [ $n -lt 5000 ] || fail "not both processes have been replaced"
done
until_true 'all calls are of the new version' all_say 2
says 2
shows "$(build_of v2.so)"
for i in 1 2 3 4; do
    expect_exit 0 yon wait "$(cat "$T/later$i")"
    expect_exit 0 yon result "$(cat "$T/later$i")"
    expect_out 1
    expect_exit 0 yon show --json "$(cat "$T/later$i")"
    grep -q '"attempts":\[\]' "$T/out" || fail "it was started twice: $(cat "$T/out")"
done
! grep -q 'process-ended' <(tail -n +"$((lines + 1))" "$log") ||
    fail "a process was lost: $(cat "$log")"
[ "$(procs yon-worker)" = "$supervisor" ] || fail "the supervisor is another"

# ---- what does not load changes nothing, and is told ----

cp "$ROOT/README.md" v.so
kill -HUP "$supervisor"
until_true 'it is told' log_has 1 'error reload-failed .*v\.so: .*of before go on serving'
rm v.so
kill -HUP "$supervisor"
until_true 'it is told' log_has 1 'error reload-failed .*v\.so: No such file'
make_module 4 v.so -DABORT
kill -HUP "$supervisor"
until_true 'it is told' log_has 1 'error reload-failed .*ends the process that loads it'
says 2
cp v3.so v.so
kill -HUP "$supervisor"
until_true 'the processes are replaced' log_has 4 'info replacing '
until_true 'all calls are of the new version' all_say 3
says 3

# One without a build-id goes by its content.
expect_exit 0 yon workers
hash=$(sed -n 's/.*v\.so \([0-9a-f]*\)$/\1/p' "$T/out" | sort -u)
[ ${#hash} = 12 ] || fail "one hash for both: $(cat "$T/out")"
yon down >"$T/out" 2>&1

# ---- names that clash ----

expect_exit 1 yon up -d --dir "$T/d2" --load v2.so --load v3.so
cat "$T/d2/log/worker.log" >>"$T/err"
expect_err 'function "version" is there twice: in ' 'v2.so and in '

# ---- without --load ----

expect_exit 1 yon-worker --server "ipc://$T/s" v2.so v3.so
expect_err 'function "version" is there twice: in ' 'v2.so and in '
expect_exit 1 yon-worker --server "ipc://$T/s" start
expect_err 'start: No such file'
yond --listen "ipc://$T/s" --db "$T/db" 2>/dev/null &
yon-worker --server "ipc://$T/s" --procs 2 -- v2.so 2>/dev/null &
export YON_SERVER=ipc://$T/s
until_true "the module is offered" sh -c 'yon functions | grep -w version'
expect_exit 0 yon call version
expect_out 2
