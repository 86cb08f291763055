#!/usr/bin/env bash
# stdin of commands: that of yon run is the program's, at any speed and size; what
# submit stores, each element gets whole; what cannot be had is refused.
. "$(dirname "$0")/lib.sh"

up --procs 1 --slots 1

# A compiler, any bytes, nothing at all.
echo 'int x;' | yon run -- cc -x c -c - -o x.o
nm x.o | grep -q ' x$' || fail "no x in x.o"
head -c 30000000 /dev/urandom >big
[ "$(yon run -- sha256sum <big)" = "$(sha256sum <big)" ] || fail "a file"
[ "$(cat big | yon run -- sha256sum)" = "$(sha256sum <big)" ] || fail "a pipe"
[ "$(yon run --stdin big -- sha256sum)" = "$(sha256sum <big)" ] || fail "--stdin"
for none in "/dev/null" "none" "empty"; do
    : >empty
    [ "$(yon run --stdin $none -- readlink /proc/self/fd/0)" = /dev/null ] ||
        fail "--stdin $none"
done
[ "$(yon run -- wc -c <&-)" = 0 ] || fail "closed"
[ "$(: | yon run -- wc -c)" = 0 ] || fail "an empty pipe"
[ "$(echo x | yon run --stdin none -- wc -c)" = 0 ] || fail "none"

# Slowly: what came is there before more comes; the end of file arrives.
gate_new line
exec 5<>line
yon run -- sh -c 'while read -r x; do echo "got $x"; done; echo end' \
    <line >got 5<&- &
run=$!
exec 6>line 5<&-
echo 1 >&6
until_true "the first line" grep -q "got 1" got
echo 2 >&6
until_true "the second line" grep -q "got 2" got
exec 6>&-
wait $run
[ "$(tail -n 1 got)" = end ] || fail "no end of file: $(cat got)"

# A pipe that nobody writes to holds nobody up who does not read it.
exec 5<>line
expect_exit 0 yon run -- echo out <&5
expect_out out
exec 5<&-

# What the program does not read stays: loops go on, as without yon.
seq 3 >list
[ "$(while read -r i; do yon run -- echo "$i"; done <list | tr '\n' ' ')" = \
    "1 2 3 " ] || fail "a loop over a file"
[ "$(cat list | while read -r i; do yon run -- echo "$i"; done |
    tr '\n' ' ')" = "1 2 3 " ] || fail "a loop over a pipe"
[ "$({ yon run -- sh -c 'read -r x; echo "first $x"' && cat; } <list |
    tr '\n' ' ')" = "first 1 2 3 " ] || fail "the rest of a file"

# A terminal is none, unless it is asked for.
cat >on_terminal.py <<'P'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
out = b''
try:
    while chunk := os.read(fd, 4096):
        out += chunk
except OSError:
    pass
sys.stdout.buffer.write(out)
P
python3 on_terminal.py yon run -- readlink /proc/self/fd/0 | grep -qx $'/dev/null\r' ||
    fail "a terminal"
python3 on_terminal.py yon run --stdin - -- readlink /proc/self/fd/0 |
    grep -q '^/dev/pts/' || fail "a terminal that was asked for"

# The worker dies: a file is read again from where it was; a pipe has lost what was
# read, so the job is not started a second time, and says why.
cat >twice <<'S'
read -r x
echo "$YON_TRIES $x" >>tries
[ "$YON_TRIES" != 1 ] || { echo ready >ready; sleep 600; }
cat
S
head -c 100000 /dev/urandom | base64 >text
{ read -r first && yon run -- sh twice; } <text >got &
run=$!
until_true "it has read" test -s ready
kill -9 "$(proc yon-worker.1)"
wait $run || fail "not run again with a file"
tail -n +3 text | cmp - got || fail "it did not get all of the file"
rm ready
cat text | yon run -- sh twice >got 2>err &
run=$!
until_true "it has read" test -s ready
kill -9 "$(proc yon-worker.1)"
code=0
wait $run || code=$?
[ $code = 125 ] || fail "exit code $code with a pipe that was read"
grep -q "what that has read of a pipe is gone" err || fail "$(cat err)"
[ ! -s got ] || fail "it ran with a part of its stdin"
grep -q '^2' tries || fail "the file: $(cat tries)"
[ "$(grep -c '^2' tries)" = 1 ] || fail "a pipe was read twice: $(cat tries)"
expect_exit 125 yon run --retry 2 -- cat 5<>line <line
expect_err "--retry needs a stdin that can be read again"
expect_exit 0 yon run --retry 2 -- sh -c 'read -r x; [ $YON_TRIES = 2 ] && echo $x' \
    <list
expect_out 1

# The machine refuses the start when its stdin has been fetched already: it starts
# later, with all of it. The shim may have what the order and the ticket need,
# and no descriptor more.
expect_exit 0 yon run true
shim=$(proc yon-shim)
free=0 # its first free number
while [ -e "/proc/$shim/fd/$free" ]; do
    free=$((free + 1))
done
limit() {
    prlimit --pid "$shim" --nofile="$1"
}
usual=$(prlimit --pid "$shim" --nofile -o SOFT,HARD --noheadings --raw | tr ' ' :)
limit "$((free + 4)):"
cat text | yon run -- cat >got 2>err &
run=$!
until_true "it was refused" grep -q "shortage of=slots" "$D/log/worker.log"
limit "$usual" || is_dead "$shim" # then another one starts it
wait $run || fail "after a refused start: $(cat err)"
cmp text got || fail "a refused start has lost its stdin"

# The coordinator dies while it streams.
exec 5<>line
yon run -- sh -c 'while read -r x; do echo "got $x"; done' <line >got 2>err 5<&- &
run=$!
exec 6>line 5<&-
echo 1 >&6
until_true "the first line" grep -q "got 1" got
kill_9 yond
seq 2 1000 >&6
exec 6>&-
wait $run || fail "after the coordinator was killed: $(cat err)"
expect_exit 0 yon wait last
[ "$(tail -n 1 got)" = "got 1000" ] || fail "lost: $(tail -n 1 got)"

# yon run dies before its program starts: that gets no empty stdin for it.
gate_new gate
blocker=$(yon -q submit -- cat gate)
cat text | yon run -n orphan -- sh -c 'cat >orphan' 2>/dev/null &
run=$!
until_true "it waits" sh -c 'yon ls | grep orphan'
kill -9 $run
gate_open gate
expect_exit 1 yon wait name:orphan
expect_exit 0 yon show name:orphan
grep -q "its stdin: the process that had it has ended" "$T/out" ||
    fail "$(cat "$T/out")"
[ ! -e orphan ] || fail "it ran without its stdin"
yon -q wait "$blocker"

# Through the coordinator of another machine it cannot go yet.
expect_exit 125 yon -s tcp://192.0.2.1:1 run -- cat <list
expect_err "yon submit -w --stdin - -- COMMAND" "yon run --stdin none"

# Stored with the job, for each element and each retry.
printf 'a\0b\n\xff' >bytes
id=$(yon -q submit --stdin bytes --array 1-3 -- sh -c 'cat >copy.{}; exit {}')
expect_exit 1 yon -q wait "$id"
for i in 1 2 3; do cmp bytes copy.$i; done
rm copy.*
expect_exit 1 yon -q wait "$(yon -q retry "$id.2")"
cmp bytes copy.2 || fail "a retry"
id=$(printf 'x y' | yon -q submit --stdin - -- cat)
expect_exit 0 yon -q wait "$id"
[ "$(yon result "$id" --raw)" = "x y" ] || fail "submit --stdin -"
expect_exit 5 yon submit --stdin big -- cat
expect_err "sh -c 'command < FILE'"
expect_exit 2 yon submit --stdin - --each-line - -- cat

# A megabyte for a hundred elements.
head -c 1000000 /dev/urandom >megabyte
sum=$(sha256sum <megabyte)
expect_exit 0 yon submit -w --array 1-100 --stdin megabyte -- \
    sh -c "sha256sum | grep -qxF '$sum'"

# What stdin a job has.
told_stdin() {
    yon show "$1" | grep -qE "^  stdin +$2\$" ||
        fail "$1: no stdin $2: $(yon show "$1")"
    yon show --json "$1" | grep -qF "\"stdin\":$3" ||
        fail "$1: no stdin $3: $(yon show --json "$1")"
}
told_stdin last.7 '1 000 000 bytes, stored' '{"from":"stored","bytes":1000000}'
yon -q run --name with -- cat <bytes >copy
told_stdin name:with 'that of yon run, as it was' '{"from":"run","bytes":null}'
yon -q run --name without -- true </dev/null
told_stdin name:without none '{"from":"none","bytes":0}'
expect_exit 2 yon submit --stdin no-such-file -- cat
expect_exit 125 yon run --stdin no-such-file -- cat
expect_exit 2 yon submit --stdin bytes --call add
expect_exit 0 yon down
