#!/usr/bin/env bash
# stdin, stdout and stderr may be closed, or not take what is written.
. "$(dirname "$0")/lib.sh"

# What is closed is as good as /dev/null, for the programs that are started too.
yon up -d --dir "$D" <&- >&- 2>&- || fail "yon up with everything closed"
export YON_DIR=$D

closed() {
    local got=0 want=$1
    shift
    timeout 60 "$@" <&- >&- 2>&- || got=$?
    [ $got = "$want" ] || fail "all closed: exit code $got of: $*"
}

closed 0 yon ls
closed 0 yon status
closed 0 yon submit -w -- true
closed 3 yon show 99
closed 5 yon run -- sh -c 'echo out; echo err >&2; exit 5'
closed 2 yon submit --each-line - -- echo {}
[ "$(yon run -- sh -c 'echo out; echo err >&2' 2>&-)" = out ]
[ "$(yon run -- sh -c 'echo out; echo err >&2' 2>&1 >&-)" = err ]
[ "$(yon run -- echo out <&-)" = out ]
! grep -rl "Assertion" "$D/log" || fail "an assertion failed"
yond --version <&- >&- 2>&-
closed 0 yon down
