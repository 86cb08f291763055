#!/usr/bin/env bash
# lib.sh - the beginning of each end-to-end test:
#
#   . "$(dirname "$0")/lib.sh"
#
# The test gets a directory of its own, $T, and stands in $T/work; $D is the
# directory of its coordinator; the programs of $YON_BUILD (default: build) are
# in its PATH. However it ends, its processes are killed and its directory is
# removed. A test fails when one of its commands fails, or a sanitizer complains
# in any process.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$(cd "${YON_BUILD:-$ROOT/build}" && pwd)
for name in ${!YON_*}; do unset "$name"; done
export PATH=$BUILD/bin:$PATH LC_ALL=C.UTF-8

# The path of a socket may have 107 bytes: a long TMPDIR leaves no room.
T=${TMPDIR:-/tmp}
[ ${#T} -lt 60 ] || T=/tmp
T=$(mktemp -d "$T/yon-e2e.XXXXXX")
D=$T/d
JOBS=$BUILD/lib/example_jobs.so
mkdir "$T/work" "$T/tmp"
# All processes of the test inherit it, programs that workers start as well: by
# this mark procs finds them, and no others.
export TMPDIR=$T/tmp
export ASAN_OPTIONS=log_path=$T/sanitizer TSAN_OPTIONS=log_path=$T/sanitizer
# gcc's UBSan, beside ASan, always writes to stderr; and its exit code would be one
# of yon's.
export UBSAN_OPTIONS=abort_on_error=1
cd "$T/work"

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

skip() {
    printf 'skipped: %s\n' "$*"
    exit 77
}

# ---- keys ----

# An access file $1/$3.access for a coordinator at the address $2, which listens
# with --keys $1/keys; $4: its roles.
key_for() {
    mkdir -p "$1/keys"
    chmod 700 "$1" "$1/keys"
    (umask 077 && echo "$2" >"$1/keys/addresses")
    yon key new "$3" --dir "$1" --role "$4" --file "$1/$3.access" >/dev/null 2>&1
}

# ---- processes ----

# The ids of this test's processes; $1: only of those with this name. Zombies do
# not count.
procs() {
    local found pid
    found=$(grep -lzsxF "TMPDIR=$T/tmp" /proc/[0-9]*/environ | cut -d/ -f3) || :
    for pid in $found; do
        [ $# = 0 ] || [ "$(comm "$pid")" = "$1" ] || continue
        ! is_alive "$pid" || echo "$pid"
    done
    return 0
}

comm() {
    cat "/proc/$1/comm" 2>/dev/null || echo
}

is_alive() {
    grep -qs '^State:.[^ZX]' "/proc/$1/status"
}

# The id of the only process called $1.
proc() {
    local pids
    pids=$(procs "$1")
    [[ $pids =~ ^[0-9]+$ ]] ||
        fail "expected one process $1, found: ${pids:-none}"
    echo "$pids"
}

# Wait until the process with id $1 has ended.
gone() {
    until_true "process $1 has ended" is_dead "$1"
}

is_dead() {
    ! is_alive "$1"
}

# Kill the only process called $1 and wait until another has taken its place; a
# new yond, until it answers.
kill_9() {
    local old
    old=$(proc "$1")
    kill -9 "$old"
    until_true "another $1 has been started" is_replaced "$1" "$old"
    [ "$1" != yond ] || until_true "yond answers" yon status
}

is_replaced() {
    local pids
    pids=$(procs "$1")
    [ -n "$pids" ] && [ "$pids" != "$2" ]
}

# ---- events ----

# until_true WHAT COMMAND...: wait for an event that tells nobody.
until_true() {
    local what=$1 end=$((SECONDS + 60))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "60 s have passed, and not yet: $what"
        # A pause between two looks, not a guess how long it takes.
        read -rt 0.02 <> <(:) || :
    done
}

# A gate holds jobs back until the test opens it. A command waits with `cat GATE`,
# which prints nothing.
gate_new() {
    mkfifo "$1"
}

# Open it for one job, which waits there or will.
gate_open() {
    timeout 60 sh -c ': >"$1"' sh "$1" || fail "nobody came to the gate $1"
}

# ---- expectations ----

# expect_exit CODE COMMAND...: its output is in $T/out and $T/err afterwards.
expect_exit() {
    local want=$1 got=0
    shift
    timeout -k 5 "${EXPECT_WITHIN:-60}" "$@" >"$T/out" 2>"$T/err" || got=$?
    [ "$got" = "$want" ] && return
    head -c 2000 "$T/out" "$T/err" >&2
    fail "exit code $got, expected $want, of: $*"
}

# The last expect_exit printed exactly this (and a newline).
expect_out() {
    printf '%s\n' "$1" | cmp -s - "$T/out" && return
    head -c 2000 "$T/out" >&2
    fail "that is not what was expected on stdout: $1"
}

# The last expect_exit had each of these words on stderr.
expect_err() {
    local words
    for words; do
        grep -qF -- "$words" "$T/err" && continue
        head -c 2000 "$T/err" >&2
        fail "not found on stderr: $words"
    done
}

# sql QUERY FILE: ask a file of JSON lines, as table `line` with its column `j`.
# Fresh Debian has no tool for JSON, but the tests bring sqlite3.
sql() {
    sqlite3 :memory: "with line(j) as (select value from json_each('[' ||
        replace(rtrim(readfile('$2'), char(10)), char(10), ',') || ']')) $1"
}

# ---- the cluster ----

# up [OPTIONS]: coordinator and workers in the background, found by all yon
# commands that follow.
up() {
    yon up -d --dir "$D" "$@" >"$T/up" 2>&1 || {
        cat "$T/up" >&2
        fail "yon up"
    }
    export YON_DIR=$D
}

show_logs() {
    local log
    for log in "$D"/log/*.log; do
        if [ -s "$log" ]; then
            echo "--- ${log##*/}:"
            tail -n 30 "$log"
        fi
    done
}

# A test may define it, to undo more.
at_end() {
    :
}

clean_up() {
    local status=$? pids
    trap - EXIT
    trap '' TERM INT HUP
    set +e
    cd /
    [ $status = 0 ] || [ $status = 77 ] || show_logs >&2
    # All stand still before the first one dies: a supervisor would start others,
    # and a process that ends because of it would be killed during its leak check.
    pids=$(procs)
    [ -z "$pids" ] || kill -STOP $pids
    while pids=$(procs) && [ -n "$pids" ]; do
        kill -9 $pids
    done
    at_end
    if compgen -G "$T/sanitizer*" >/dev/null; then
        head -n 60 "$T"/sanitizer* >&2
        status=1
    fi
    if grep -rIhs 'runtime error: ' "$T"; then
        status=1
    fi >&2
    rm -rf "$T"
    exit $status
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP
