#!/usr/bin/env bash
# Ended jobs go when their time is over, and nothing else does.
. "$(dirname "$0")/lib.sh"

expect_exit 2 yond --listen "ipc://$T/s" --db "$T/db" --keep finished=3d
expect_err '--keep' 'done, failed'
expect_exit 2 yond --listen "ipc://$T/s" --db "$T/db" --keep done=soon
expect_err '--keep' '30d'
expect_exit 2 yond --listen "ipc://$T/s" --db "$T/db" --keep-bytes 1X
expect_err '--keep-bytes' '16G'

yond --listen "ipc://$T/s" --db "$T/db" --keep done=1s,failed=ever &
yond=$!
export YON_SERVER=ipc://$T/s
until_true "yond answers" yon status
yon-worker --server "$YON_SERVER" --slots 2 &
gate_new gate
waits=$(yon submit -- cat "$PWD/gate")
good=$(yon submit -w -- true {} ::: 1 2 3 2>/dev/null)
bad=$(yon submit -- false)
expect_exit 1 yon wait "$bad"

is_gone() {
    yon show "$1" && return 1 || [ $? = 3 ]
}
until_true "array $good is removed" is_gone "$good"
expect_exit 3 yon wait "$good"
expect_err "no job $good"
expect_exit 0 yon show "$bad"
expect_exit 0 yon show "$waits"
gate_open gate
expect_exit 0 yon wait "$waits"

# A kill loses nothing that stays, and stops no removal.
kill -9 "$yond"
wait "$yond" || :
yond --listen "ipc://$T/s" --db "$T/db" --keep done=1s,failed=ever &
until_true "yond answers" yon status
until_true "job $waits is removed" is_gone "$waits"
expect_exit 0 yon show "$bad"
