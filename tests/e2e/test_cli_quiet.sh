#!/usr/bin/env bash
# stderr of yon run is that of its command where a program reads it; and yon loads
# no library before it needs it.
. "$(dirname "$0")/lib.sh"

! ldd "$BUILD/bin/yon" | grep libzmq || fail "yon links libzmq"
expect_exit 0 yon --version

yon -q up -d --dir "$T/idle" --procs 0
export YON_DIR=$T/idle

# In a pipe: nothing of ours, though the job waits longer than it takes to say why.
# That a second run, with -v, was told shows that this one would have been.
told_later() {
    grep -qF "2 waits: no worker is connected" "$T/verbose"
}
yon run -- sh -c 'echo "its own" >&2' 2>"$T/err" &
first=$!
until_true "the first is handed in" yon show 1
yon -v run -- true 2>"$T/verbose" &
second=$!
until_true "it is told" told_later
yon-worker --server "ipc://$YON_DIR/yond.sock" --name late 2>"$T/worker" &
wait $first || fail "run: exit code $?"
wait $second || fail "run -v: exit code $?"
[ "$(cat "$T/err")" = "its own" ] || fail "stderr of run: $(cat "$T/err")"
# An error of ours is told.
expect_exit 127 yon run -- ./nowhere
expect_err "nowhere"
expect_exit 125 yon run
expect_err "yon run --help"

# On a terminal people are told.
command -v tmux >/dev/null || skip "no tmux"
yon -q up -d --dir "$T/none" --procs 0
tmux -L "yon-$$" -f /dev/null new-session -d -x 100 -y 20 \
    "env YON_DIR=$T/none yon run -- true; cat"
at_end() {
    tmux -L "yon-$$" kill-server 2>/dev/null || :
}
has_note() {
    tmux -L "yon-$$" capture-pane -p | grep -qF "waits: no worker is connected"
}
until_true "the terminal says why" has_note
