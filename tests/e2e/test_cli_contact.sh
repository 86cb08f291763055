#!/usr/bin/env bash
# A command that waits says when the coordinator is away, and when it is back.
. "$(dirname "$0")/lib.sh"

export YON_SERVER=ipc://$T/y.sock
begin() {
    yond --listen "$YON_SERVER" --db "$T/y.db" --lease 1 2>>"$T/yond" &
    yond=$!
    until_true "yond answers" yon status
}
runs() { # so many jobs
    [ "$(yon ls -o id --state running | wc -l)" = "$1" ]
}

begin
yon-worker 2>>"$T/worker" &
gate_new one
gate_new two
yon -v wait "$(yon -q submit -- cat one)" 2>"$T/wait" &
waiter=$!
until_true "wait waits" grep -q "waiting for" "$T/wait"
yon -v run -- cat two 2>"$T/run" &
runner=$!
until_true "both jobs run" runs 2

kill -9 $yond
for who in wait run; do
    until_true "$who tells it" grep -q "lost contact with $YON_SERVER" "$T/$who"
done
begin
for who in wait run; do
    until_true "$who is back" grep -q "reconnected to" "$T/$who"
done
gate_open one
gate_open two
wait $waiter || fail "wait: $(cat "$T/wait")"
wait $runner || fail "run: $(cat "$T/run")"
[ "$(grep -Ec "contact|reconnected" "$T/wait")" = 2 ] || fail "wait: $(cat "$T/wait")"
