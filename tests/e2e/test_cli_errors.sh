#!/usr/bin/env bash
# Mistakes have their message, their hint and their exit code.
. "$(dirname "$0")/lib.sh"

# Nothing runs yet.
export YON_DIR=$D
expect_exit 4 yon ls
expect_err "no coordinator answers" "yon up -d"
expect_exit 125 yon run -- true
expect_exit 3 yon down
expect_err "nothing is running in"
expect_exit 5 yon -s tcp://127.0.0.1:1 --timeout 1s status
expect_err "wants a key"
expect_exit 2 yon -s nonsense status
expect_err "ipc://PATH"
expect_exit 2 yon -s "ipc:///$(printf 'x%.0s' {1..108})" status
expect_err "107 bytes"

# Directories and modules.
expect_exit 1 yon up --dir "/tmp/$(printf 'x%.0s' {1..108})"
expect_err "too long" "--dir"
[ ! -e "/tmp/$(printf 'x%.0s' {1..108})" ] || fail "it was made all the same"
mkdir -m 777 open
expect_exit 1 yon up --dir open
expect_err "writable by others"
expect_exit 2 yon up -d --dir "$D" --load nowhere.so
expect_err "nowhere.so: No such file"
echo "not a module" >bad.so
expect_exit 1 yon up -d --dir "$D" --load bad.so
expect_err "bad.so"
[ -z "$(procs)" ] || fail "processes are left"

up --load "$JOBS"
expect_exit 1 yon up -d --dir "$D"
expect_err "already" "yon down"
expect_exit 0 yon up -d --dir "$T/a b" --procs 0
expect_err "export YON_DIR='$T/a b'"
expect_exit 1 yon up -d --dir "$T/a b"
expect_err "yon down --dir '$T/a b'"
expect_exit 0 yon down --dir "$T/a b"

# It is for whoever started it.
if [ "$(id -u)" = 0 ]; then
    expect_exit 5 setpriv --reuid 65534 --clear-groups yon ls
else
    chmod 0 "$D/yond.sock"
    expect_exit 5 yon ls
    chmod 700 "$D/yond.sock"
fi
expect_err "yond.sock: Permission denied" "another user"

# Usage.
expect_exit 2 yon
expect_exit 2 yon lss
expect_err 'did you mean "ls"'
expect_exit 2 yon ls --stat "done"
expect_err "did you mean --state"
expect_exit 2 yon ls --stat=done
expect_err "did you mean --state"
expect_exit 2 yon ls -a
expect_err "ls has no option -a"
expect_exit 2 yon ls -é
expect_err "ls has no option -é"
expect_exit 2 yon kill 1
expect_err 'no command "kill": yon cancel JOBS'
# What other tools call it.
while IFS='|' read -r words answer; do
    # shellcheck disable=SC2086
    expect_exit 2 yon $words
    expect_err "$answer"
done <<'E'
list|yon ls
squeue|yon ls
sbatch x.sh|yon submit -- COMMAND
srun hostname|yon run -- COMMAND
scancel 1|yon cancel JOBS
rm 1|yon cancel JOBS
tail 1|yon logs JOBS
start|yon up
stop|yon down
ps|yon ls
help kill|yon cancel JOBS
submit --cwd /tmp -- true|cd DIR first
submit --chdir=/tmp -- true|cd DIR first
submit -t 10 -- true|--run-timeout DUR
submit --time-limit 10 -- true|--run-timeout DUR
submit -j4 -- true|yon up --slots N
submit --jobs 4 -- true|yon up --slots N
submit --dry-run -- true|try one item
submit --dependency afterok:1 -- true|yon wait ID && yon submit
submit --after 1 -- true|yon wait ID && yon submit
submit --job-name x -- true|--name NAME
submit --output=o.txt -- true|or --stdout FILE
submit -o o.txt -- true|or --stdout FILE
submit --error e.txt -- true|--stderr FILE
submit --retries 3 -- true|--retry N
submit -a list -- true|--each-line FILE
up --jobs 4|--slots N
--host tcp://127.0.0.1:1 ls|--server ADDR
submit --timeout 10s -- true|--run-timeout DUR
retry --timeout 10s last|yon wait --timeout DUR
version --timeout 1s|does not wait
call add --a=1 --b=2|without dashes
call add 1 2|:=[1,2]
call add a:=1 a:=2|a is given twice
call add a:=one|KEY= a text
submit --array 1,2,3 -- true|::: 1 2 5
submit --max-fails 3 -- true|--each-line or :::
submit --retry 1 --backoff 9s..1s -- true|the first is the smaller one
submit|yon submit -- make
show job1|last, last:3, name:NAME, all
logs --exit-zero last|--exit-zero is for -f
cancel --all|the word all
help nosuch|see: yon --help
E
expect_exit 125 yon run --time 10 -- true
expect_err "--run-timeout DUR"
expect_exit 2 yon help sumbit
expect_err 'did you mean "submit"'
expect_exit 2 yon help ls wait
expect_exit 2 yon version 2
expect_exit 2 yon submit
expect_exit 125 yon run
expect_exit 2 yon submit --each-line nowhere -- cat {}
expect_err "nowhere: No such file"
expect_exit 2 yon submit --each-line . -- cat {}
expect_err "Is a directory"
expect_exit 2 yon submit --each-line /dev/null -- cat {}
expect_err "the list is empty"
expect_exit 2 yon submit -- cat {} :::
expect_err "the list is empty"
expect_exit 2 yon submit -- echo {} ::: a ::: b
expect_err "only once"
expect_exit 2 yon submit -- "" a
expect_err "the command is empty"
expect_exit 2 yon submit --call add a:=1 b:=2 --retri 3
expect_err "did you mean --retry"
printf '[1\0]' >nul.json
expect_exit 2 yon call add --args nul.json
expect_err "NUL"
printf 'a\nb\0\n' >nul
expect_exit 2 yon submit --each-line nul -- cat {}
expect_err "line 2" "NUL"
expect_exit 2 yon submit --array 5-1 -- true
expect_exit 2 yon submit --array 1-2 -- true ::: a
expect_exit 2 yon wait
expect_exit 2 yon wait 1-
expect_exit 2 yon call add a:=
expect_err "not JSON"
expect_exit 2 yon call add a
mapfile -t long < <(for ((i = 0; i < 11; i++)); do printf '%0100000d\n' 0; done)
expect_exit 5 yon submit -- true "${long[@]}"
expect_err "too long"
[ "$(yon ls -o id)" = "" ] || fail "a mistake made a job"

# Names of nothing.
expect_exit 3 yon show 99
expect_err "no job 99"
expect_exit 3 yon cancel 99.1
expect_exit 8 yon wait name:nobody
expect_exit 8 yon result 90-99
expect_exit 8 yon cancel all
expect_exit 3 yon call ad a:=1
expect_err '"ad"' "add"

# Arguments of the wrong type, and a function that fails.
expect_exit 1 yon call add a:='"two"' b:=3
expect_err "add failed"
expect_exit 3 yon wait 1.2
expect_err "not an array"

# The same key again is the same job; other content is a conflict.
expect_exit 0 yon submit --key k -- true
first=$(cat "$T/out")
expect_exit 0 yon submit --key k -- true
expect_out "$first"
expect_err "already exists"
expect_exit 6 yon submit --key k -- false
expect_exit 2 yon submit --key '' -- true
expect_err "--key is empty"
expect_exit 2 yon submit --retry 1 --retry-on exit=300 -- true
expect_err "a number from 1 to 255"
expect_exit 2 yon submit --retry 1 --retry-on signal=SIGTERM -- true
expect_err "a number from 1 to 64"
expect_exit 2 yon submit --retry 1 --retry-on '' -- true
expect_err "--retry-on is empty" "exit=N"
expect_exit 2 yon submit --retry 1 --retry-on exit=0 -- true
expect_err 'retry on "exit=0"'

# Warnings.
printf 'a\r\nb\r\nc' >crlf
expect_exit 0 yon submit -w --each-line crlf -- true {}
expect_err "2 items end in a carriage return"
expect_exit 0 yon submit -w -- true ""
expect_err "argument 1 of the command is empty"
expect_exit 0 yon submit -w -- true {} {1} ::: a
expect_err "{1} is not replaced"
expect_exit 0 yon submit -w -- awk 'BEGIN {exit}' {print}
! grep -q "is not replaced" "$T/err" || fail "{print} is awk's"

# A job that goes on cannot be retried as a whole.
yon -q submit -- sleep 1000 >"$T/id"
expect_exit 6 yon retry last
expect_err "wait for it: yon wait $(cat "$T/id")"
expect_exit 0 yon cancel last

# The last of all: there is nothing to cancel.
expect_exit 6 yon cancel "$first"
expect_err "had ended"

# stdout is full.
if [ -e /dev/full ]; then
    status=0
    yon ls >/dev/full 2>"$T/err" || status=$?
    [ $status = 1 ] || fail "ls >/dev/full: exit code $status"
    expect_err "No space left"
fi
