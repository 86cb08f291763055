#!/usr/bin/env bash
# A job that takes its worker down is charged with that when it ran there alone and
# had begun; one that may not have begun is not.
. "$(dirname "$0")/lib.sh"
ulimit -c 0

up --procs 1

said_before() { # how often, of which job, what
    [ "$(yon show "$2" | grep -c "before .* lost, .*$3")" = "$1" ] ||
        fail "not $1 times \"$3\": $(yon show "$2")"
}

# The job kills its worker each time. Nobody knows whether its first start has begun;
# then it runs alone, and its worker names it before.
cat >kill_worker <<'END'
echo "$YON_TRIES" >>starts
pid=$$
until grep -qx yon-worker.1 /proc/$pid/comm; do
    pid=$(sed -n 's/^PPid:\t//p' /proc/$pid/status)
done
kill -9 $pid
cat /dev/zero >/dev/null
END
bad=$(yon submit -- sh "$PWD/kill_worker" 2>/dev/null)
expect_exit 1 yon wait "$bad"
[ "$(wc -l <starts)" = 4 ] || fail "started: $(cat starts; yon show "$bad")"
said_before 1 "$bad" 'maybe before it had begun'
said_before 2 "$bad" 'while nothing else ran there'
yon show "$bad" | grep -q 'reason     poisoned' || fail "not: $(yon show "$bad")"
