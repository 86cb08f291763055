#!/usr/bin/env bash
# A disk that fails to sync, once or for good, under load: yond stops and says what
# to do instead of guessing; the next yond finds every accepted job, and each ends
# once. A damaged file ends it, too, when somebody asks for its content.
. "$(dirname "$0")/lib.sh"

export YON_SERVER=ipc://$T/s BAD_DISK=$T/fail
# The sanitizer's library need not be first: ours replaces nothing of it.
ASAN_OPTIONS+=:verify_asan_link_order=0

# By name: in LD_PRELOAD a space would end a path.
preload=(LD_PRELOAD=bad_disk.so LD_LIBRARY_PATH="$BUILD/lib")

start_yond() {
    env "${preload[@]}" yond --listen "$YON_SERVER" --db "$T/db" 2>"$T/yond" &
    yond=$!
    until_true "yond answers" yon status
    grep -q /bad_disk.so "/proc/$yond/maps" || fail "yond has a good disk"
}

# Without a yond a submit fails: it is repeated, with the same key.
submit() {
    yon submit --key "$1" -- echo "$1" 2>/dev/null >"$T/id.$1" &&
        cat "$T/id.$1" >>"$T/accepted"
}

submit_many() {
    local i
    for i in {1..40}; do
        until_true "job $1.$i is accepted" submit "$1.$i"
    done
}

accepted() {
    [ -e "$T/accepted" ] && [ "$(wc -l <"$T/accepted")" -ge "$1" ]
}

start_yond
yon-worker --server "$YON_SERVER" --slots 2 2>/dev/null &
submit_many a &
one=$!
submit_many b &
other=$!

until_true "twenty jobs are accepted" accepted 20
echo 1 >"$BAD_DISK"
status=0
wait "$yond" || status=$?
[ $status = 1 ] || fail "yond ended with $status: $(cat "$T/yond")"
grep -q 'disk' "$T/yond" || fail "yond does not say why it ended: $(cat "$T/yond")"
[ ! -e "$BAD_DISK" ] || fail "no sync has failed"
start_yond

until_true "forty jobs are accepted" accepted 40
echo always >"$BAD_DISK"
status=0
wait "$yond" || status=$?
[ $status = 1 ] || fail "yond ended with $status: $(cat "$T/yond")"
expect_exit 1 env "${preload[@]}" \
    yond --listen "$YON_SERVER" --db "$T/db" # it is no better yet
rm "$BAD_DISK"
start_yond

wait "$one" || fail "a submit failed"
wait "$other" || fail "a submit failed"
sort -u "$T/accepted" >ids
[ "$(wc -l <ids)" = 80 ] || fail "80 submits made $(wc -l <ids) jobs"
expect_exit 0 yon wait all --timeout 60s
expect_exit 0 yon result all --each --raw
sort "$T/out" >results
printf '%s\n' {a,b}.{1..40} | sort | cmp - results ||
    fail "the results are not those of the jobs"

# ---- damaged rows are neither shown, nor said to be absent ----

kill "$yond"
wait "$yond" || fail "yond ended with $?"
start_yond
head -c "$(($(stat -c %s "$T/db") - 4096))" /dev/zero |
    dd of="$T/db" bs=4096 seek=1 conv=notrunc status=none
yon result all --each --raw >"$T/out" 2>"$T/err" &
asks=$!
gone "$yond"
status=0
wait "$yond" || status=$?
[ $status = 1 ] || fail "yond ended with $status: $(cat "$T/yond")"
grep -q 'damaged.*recover' "$T/yond" ||
    fail "yond does not say what to do: $(cat "$T/yond")"
is_alive "$asks" || fail "somebody was told: $(cat "$T/out" "$T/err")"
kill "$asks"
