#!/usr/bin/env bash
# Mistakes of people: each has its message and its exit code.
. "$(dirname "$0")/lib.sh"

# ---- before there is a coordinator ----

expect_exit 2 yon
expect_exit 2 yon sbmit
expect_err 'no command "sbmit"' 'did you mean "submit"'
expect_exit 2 yon ls --jsom
expect_err 'no option --jsom' 'did you mean --json'
expect_exit 2 yon wait --timeout soon 1
expect_err '--timeout wants a time' '"soon"'

expect_exit 4 yon -s "ipc://$T/nobody.sock" ls --timeout 1s
expect_err "no coordinator answers at ipc://$T/nobody.sock" 'yon up'
expect_exit 2 yon -s nonsense ls
expect_err 'nonsense'
expect_exit 125 yon run -s "ipc://$T/nobody.sock" --timeout 1s -- true
expect_exit 4 yon -s "ipc://$T/nobody.sock" --json --timeout 1s ls
[ "$(sqlite3 :memory: "select j->>'code' from (select readfile('$T/err') as j)")" \
    = UNREACHABLE ] || fail "not a JSON error: $(cat "$T/err")"
expect_exit 3 yon down --dir "$T/nowhere"
expect_err 'nothing is running in'

long=$T/$(printf 'x%.0s' {1..100})
expect_exit 1 yon up -d --dir "$long"
expect_err 'too long' '--dir'
expect_exit 2 yon -s "ipc://$long/yond.sock" ls
expect_err 'at most 107 bytes'

# ---- modules that do not load ----

expect_exit 2 yon up -d --dir "$D" --load ./missing.so
expect_err 'missing.so: No such file or directory'
echo 'no module' >text.so
expect_exit 1 yon up -d --dir "$D" --load ./text.so
expect_err 'text.so'
cp /lib/*/libm.so.6 no_yon_module.so
expect_exit 1 yon up -d --dir "$D" --load ./no_yon_module.so
expect_err 'no_yon_module.so'
[ -z "$(procs)" ] || fail "an up that failed left something running"

# ---- with a coordinator ----

up --load "$JOBS"
expect_exit 1 yon up -d --dir "$D"
expect_err 'running in' 'already' 'yon down'
expect_exit 1 yond --listen "ipc://$T/second.sock" --db "$D/yon.db"
expect_err 'yon.db'
expect_exit 2 yond --listen tcp://0.0.0.0:7777 --db "$T/other.db"
expect_err 'takes keys'

expect_exit 2 yon submit --each-line /dev/null -- true {}
expect_err 'the list is empty'
expect_exit 2 yon submit -- true {} :::
expect_err 'the list is empty'
expect_exit 2 yon submit --each-line missing.txt -- true {}
expect_err 'missing.txt: No such file or directory'
expect_exit 2 yon submit --array 5-1 -- true
expect_exit 2 yon submit --array 1-3 --each-line /dev/null -- true
expect_exit 2 yon submit
expect_exit 125 yon run
yon ls --json | tr -d ' \n' |
    grep -q '^{"schema":"yon.joblist/1","cursor":null,"jobs":\[\],"totals":{' ||
    fail "a wrong command line made a job: $(yon ls)"

expect_exit 3 yon call ad a:=1 b:=2
expect_err 'no connected worker offers "ad"' 'did you mean: add'
expect_exit 1 yon call add a=one b:=2
expect_err 'args.a: expected integer, got string'
expect_exit 1 yon call add a:=1
expect_err 'args.b: missing'
expect_exit 1 yon call add
expect_exit 2 yon call add a:={
expect_exit 1 yon call fail why='as asked'
expect_err 'as asked'

expect_exit 127 yon run -- ./no-such-program
expect_err 'no-such-program'
expect_exit 143 yon run -- sh -c 'kill $$'
expect_exit 1 yon submit -w -- sh -c 'exit 3'

expect_exit 3 yon show 4711
expect_err '4711'
expect_exit 3 yon wait 4711
expect_exit 3 yon cancel 4711
expect_exit 8 yon wait name:nobody
expect_exit 2 yon wait 0x12

expect_exit 0 yon submit --key once -- true
once=$(cat "$T/out")
expect_exit 0 yon submit --key once -- true
expect_out "$once"
expect_exit 6 yon submit --key once -- false
expect_err 'has this key and other content'

# Nobody else is disturbed.
expect_exit 0 yon call add a:=2 b:=3
expect_out 5
