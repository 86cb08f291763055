#!/usr/bin/env bash
# Logs have one form, and a level: of the flag, else of YON_LOG, else info.
. "$(dirname "$0")/lib.sh"

time='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z'
value='([^ "=\\]+|"([^"\\]|\\.)*")'
form="^$time (error|warn|info|debug) [a-z-]+( [a-z_]+=$value)*\$"

logs() {
    cat "$D"/log/*.log
}

# ---- the default level: who came, and not a word about jobs ----

all_connected() {
    [ "$(logs | grep -c ' info connected ')" = 2 ]
}

up --procs 2
grep -q ' info started .*listen=ipc://' "$D/log/yond.log" || fail 'no start of yond'
until_true 'both processes say that they are connected' all_connected
before=$(logs | wc -l)
expect_exit 0 yon wait "$(yon submit --array 1-50 -- true)"
job=$(yon submit -- sh -c 'exit 3')
expect_exit 1 yon wait "$job"
[ "$(logs | wc -l)" = "$before" ] || fail 'a quiet cluster is not quiet'
! logs | grep -vE "$form" || fail 'these lines have another form'
expect_exit 0 yon down
! logs | grep -vE "$form" || fail 'these lines have another form'
grep -q ' info stopping signal=15$' "$D/log/yond.log" || fail 'no end of yond'

# ---- another level ----

rm "$D"/log/*.log
YON_LOG=debug up --procs 1 --log-level error # the flag wins
expect_exit 0 yon run -- true
expect_exit 0 yon down
[ -z "$(logs)" ] || fail "there are no errors, and the log is not empty: $(logs)"
YON_LOG=warn up --procs 1
expect_exit 0 yon down
[ -z "$(logs)" ] || fail "there are no warnings, and the log is not empty: $(logs)"

# ---- none of the levels ----

said='wants one of error|warn|info|debug, not "loud"'
expect_exit 2 yon up --log-level loud
expect_err "--log-level $said"
for program in 'yond --listen ipc://x --db x' 'yon-worker --server ipc://x' 'yon up'; do
    expect_exit 2 env YON_LOG=loud $program
    expect_err "YON_LOG $said"
done
expect_exit 2 yond --listen ipc://x --db x --log-level loud
expect_err "--log-level $said"
[ ! -e x ] || fail 'a database was made'
