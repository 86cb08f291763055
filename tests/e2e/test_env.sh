#!/usr/bin/env bash
# A command finds around it what whoever submits it has there: environment, umask,
# limits. Nothing that a worker or the coordinator has of its own leaks into it.
. "$(dirname "$0")/lib.sh"

export OF_UP=1
up
unset OF_UP

# The same as without yon, but for what the worker adds.
plain() {
    grep -zv -e '^YON_' -e '^_=' -e '^SHLVL=' | sort -z
}
export NASTY=$'a\nb=c \xff"$x"' EMPTY=
env -0 | plain >"$T/want"
yon run -- env -0 | plain >"$T/got"
cmp "$T/want" "$T/got" || fail "not the same environment: $(tr '\0' '\n' <"$T/got")"
env -i PATH="$PATH" TMPDIR="$TMPDIR" YON_DIR="$D" yon run -- env | cut -d= -f1 |
    sort | tr '\n' ' ' >"$T/got"
[ "$(cat "$T/got")" = "PATH TMPDIR YON_ATTEMPT YON_DIR YON_JOB YON_SERVER \
YON_TRIES YON_WORKER " ] || fail "env -i: $(cat "$T/got")"

# Programs are found as there.
mkdir -p venv/bin
printf '#!/bin/sh\necho "mine $*"\n' >venv/bin/tool
chmod +x venv/bin/tool
[ "$(PATH=$PWD/venv/bin:$PATH yon run -- tool 1)" = "mine 1" ]
[ "$(PATH=venv/bin:$PATH yon run -- tool 2)" = "mine 2" ]
[ "$(PATH=$PWD/venv/bin:$PATH yon run -- sh -c 'tool 3')" = "mine 3" ]

# A compiler is told as much as there.
mkdir headers
echo '#define WHEN __DATE__' >headers/when.h
printf '#include <when.h>\nconst char *when = WHEN;\n' >when.c
SOURCE_DATE_EPOCH=0 CPATH=headers cc -c when.c -o want.o
SOURCE_DATE_EPOCH=0 CPATH=headers yon run -- cc -c when.c -o got.o
cmp want.o got.o || fail "not the same object"
grep -q "Jan  1 1970" got.o || fail "SOURCE_DATE_EPOCH did not arrive"

# umask and limits.
(umask 027 && ulimit -Sn 77 && ulimit -c 0 &&
    [ "$(yon run -- sh -c 'umask; ulimit -Sn; ulimit -c' | tr '\n' ' ')" = \
        "0027 77 0 " ]) || fail "umask or limits"
(umask 077 && yon run -- touch private)
[ "$(stat -c %a private)" = 600 ] || fail "umask: $(stat -c %a private)"

# stdout and stderr that are one file, pipe or terminal here are one there: what is
# written stays in order. Two stay two.
cat >talk <<'S'
for i in 1 2 3 4 5; do
    echo "out $i"
    echo "err $i" >&2
done
exit 3
S
sh talk >want 2>&1 || :
for i in 1 2 3 4 5; do
    yon run -- sh talk >got 2>&1 && fail "exit code 0"
    diff want got || fail "a file: not in order"
    (yon run -- sh talk || :) 2>&1 | diff want - || fail "a pipe: not in order"
done
expect_exit 0 yon logs last
expect_out "$(cat want)"
yon ls | grep -q 'exit 3 "err 5"' || fail "the failure is not described: $(yon ls)"
yon run -- sh talk >out 2>err || [ $? = 3 ]
[ "$(cat out err)" = "$(grep out want; grep err want)" ] || fail "not two files"
python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' yon run -- sh talk </dev/null |
    tr -d '\r' | diff want - || fail "a terminal: not in order"
expect_exit 3 yon run --stdout f -- sh talk
[ "$(cat f "$T/out" "$T/err")" = "$(grep out want; grep err want)" ] || fail "--stdout"
(yon run --stdout f -- sh talk || :) 2>&1 | grep -c err | grep -qx 5 || fail "--stdout with 2>&1"

# --env and --clean-env.
expect_exit 0 yon run --env A=1 --env A=2 --env NASTY --env E= -- \
    sh -c 'echo "$A,$NASTY,${E-unset},$OLD"'
expect_out "2,$NASTY,,"
OLD=x expect_exit 0 yon run --clean-env --env A=a=b -- \
    sh -c 'echo "$A,${OLD-none},${HOME:+home}"'
expect_out "a=b,none,home"
expect_exit 125 yon run --env NO_SUCH -- true
expect_err "--env NO_SUCH=VALUE"
expect_exit 125 yon run --env =1 -- true
expect_exit 2 yon submit --call add --env A=1
expect_err "--clean-env and --stdin are for commands"
expect_exit 0 yon run --env YON_JOB=7 --env YON_WORKER=x -- \
    sh -c '[ $YON_JOB != 7 ] && [ $YON_WORKER != x ]'

# An array has it too, and its retry that of the first submit.
id=$(KIND=first yon -q submit --array 1-3 -- \
    sh -c 'echo $KIND {}; exit {}')
expect_exit 1 yon -q wait "$id"
again=$(KIND=second yon -q retry "$id.2")
expect_exit 1 yon -q wait "$again"
expect_exit 0 yon logs "$again"
expect_out "first 2"

# The key is about the command, not about the terminal.
id=$(A=1 yon -q submit --key k -- true)
[ "$(A=2 yon -q submit --key k -- true)" = "$id" ] || fail "not the same job"
expect_exit 6 yon submit --key k --env A=2 -- true

# Nobody is shown the values, which may be secrets.
TOKEN=hush-hush expect_exit 0 yon run -- true
for how in "show last" "show last --json" "ls --json" "result last --json"; do
    expect_exit 0 yon $how
    ! grep -q hush "$T/out" || fail "yon $how shows the environment"
done

# It is stored once, compressed: more than a submit may have, of one kind, is whole.
zeros=$(head -c 100000 /dev/zero | tr '\0' x)
(
    for i in $(seq 12); do export "BIG$i=$zeros"; done
    expect_exit 0 yon run -- sh -c '[ ${#BIG1}${#BIG12} = 100000100000 ]'
)

# What is too large is refused, and what to do about it is said.
(
    for i in $(seq 16); do export "BIG$i=$(head -c 75000 /dev/urandom | base64 -w0)"; done
    expect_exit 125 yon run -- true
    expect_err "the environment has" "--clean-env --env NAME"
    expect_exit 5 yon submit -- true
    expect_exit 0 yon run --clean-env --env BIG1 -- sh -c '[ ${#BIG1} = 100000 ]'
)

expect_exit 0 yon down
