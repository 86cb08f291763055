#!/usr/bin/env bash
# stdin, stdout and stderr may be closed, or refuse a write.
. "$(dirname "$0")/lib.sh"

# A closed one is as good as /dev/null, also for programs that are started. But
# what goes to a closed stdout is lost, which is told, as a full disk is.
yon up -d --dir "$D" <&- >&- 2>&- || fail "yon up with everything closed"
export YON_DIR=$D

closed() {
    local got=0 want=$1
    shift
    timeout 60 "$@" <&- >&- 2>&- || got=$?
    [ $got = "$want" ] || fail "all closed: exit code $got of: $*"
}

closed 1 yon ls
closed 1 yon status
closed 1 yon submit -w -- true
closed 0 yon -q wait all
closed 0 yon run -- true
closed 3 yon show 99
closed 5 yon run -- sh -c 'echo err >&2; exit 5'
closed 125 yon run -- sh -c 'echo out; exec sleep 1000'
expect_exit 125 sh -c 'exec yon run -- echo out >&-'
expect_err "cannot write: Bad file descriptor"
expect_exit 1 sh -c 'exec yon ls --all >&-'
expect_err "stdout: Bad file descriptor"
closed 2 yon submit --each-line - -- echo {}
[ "$(yon run -- sh -c 'echo out; echo err >&2' 2>&-)" = out ]
[ "$(yon run -- sh -c 'echo err >&2' 2>&1 >&-)" = err ]
[ "$(yon run -- echo out <&-)" = out ]

# The reader has gone: that ends the job too, as it would end a program here.
set +o pipefail
got=$(yon run -- yes 2>"$T/err" | head -n 1; echo "${PIPESTATUS[0]}")
set -o pipefail
[ "$got" = $'y\n141' ] || fail "run | head: $got"
[ ! -s "$T/err" ] || fail "run | head said: $(cat "$T/err")"
expect_exit 7 yon wait last
expect_exit 0 yon show last
grep -q 'nobody takes its output' "$T/out" || fail "$(cat "$T/out")"
for command in "ls --all" "show all" "logs 1"; do
    yon $command 2>"$T/err" | head -n 1 >"$T/out" || :
    [ ! -s "$T/err" ] || fail "$command | head said: $(cat "$T/err")"
    (trap '' PIPE && yon $command 2>"$T/err" | head -n 1 >"$T/out") || :
    [ ! -s "$T/err" ] || fail "$command | head, SIGPIPE ignored, said: $(cat "$T/err")"
done

# A failed write is told once, with its reason.
if [ -e /dev/full ]; then
    full() {
        local got=0 want=$1
        shift
        timeout 60 "$@" >/dev/full 2>"$T/err" || got=$?
        [ $got = "$want" ] || fail "exit code $got with a full disk: $*"
        [ "$(grep -c "No space left on device" "$T/err")" = 1 ] ||
            fail "$* said: $(cat "$T/err")"
        ! grep -F "not all could" "$T/err"
    }
    full 1 yon ls
    full 1 yon submit -- true
    full 1 yon submit -w -- true
    full 1 yon retry "$(yon -q submit -w -- false || :)"
    full 1 yon result 1
    full 1 yon logs name:echo
    full 1 yon --help
    full 125 yon run -- yes
    expect_exit 7 yon wait last
fi
! grep -rl "Assertion" "$D/log" || fail "an assertion failed"
yond --version <&- >&- 2>&-
closed 0 yon down
