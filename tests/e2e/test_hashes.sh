#!/usr/bin/env bash
# The main job on real files: one sha256sum a file of a tree with odd names,
# while yond is killed twice and the worker once. The hashes are those of a
# plain loop, and each file has exactly one outcome.
. "$(dirname "$0")/lib.sh"

N_FILES=${1:-3000}

plant_tree() {
    local i
    mkdir -p 'tree/two words' $'tree/not utf-8 \xff\xfe' "tree/quote's" 'tree/back\slash'
    for ((i = 0; i < N_FILES - 6; i++)); do
        case $((i % 5)) in
        0) echo $i >"tree/plain$i" ;;
        1) echo $i >"tree/two words/a b $i " ;;
        2) echo $i >$'tree/not utf-8 \xff\xfe'/$'\xe4'$i ;;
        3) echo $i >"tree/quote's/\"$i\"" ;;
        4) echo $i >"tree/back\\slash/\\$i\\n" ;;
        esac
    done
    : >'tree/empty'
    : >'tree/{}'
    : >'tree/-n'
    : >'tree/$(touch bad)'
    echo tab >$'tree/t\tab'
    head -c 3000000 /dev/urandom >tree/large
}

# How many elements of the array have ended.
n_ended() {
    yon ls --json >"$T/ls" 2>/dev/null &&
        sqlite3 :memory: "select j->>'$.counts.done' + j->>'$.counts.failed' from
            (select value as j from json_each(readfile('$T/ls'), '$.jobs')
             where value->>'id' = '$id')"
}

has_ended() {
    local n
    n=$(n_ended) && [ "${n:-0}" -ge "$1" ]
}

plant_tree
find "$PWD/tree" -type f >list
[ "$(wc -l <list)" = "$N_FILES" ]
while IFS= read -r file; do
    sha256sum "$file"
done <list >want

# The last item is a pipe that stays empty until the killing is over, so that
# every kill hits an array that has not ended.
mkfifo last
echo "$PWD/last" >>list
echo "$(sha256sum </dev/null | cut -d' ' -f1)  $PWD/last" >>want

up --slots 4
id=$(yon submit --each-line list -n hashes -- sha256sum {} 2>"$T/err") ||
    fail "$(cat "$T/err")"
yon wait "$id" 2>"$T/wait.err" &
waiter=$!

until_true "a fifth has ended" has_ended $((N_FILES / 5))
kill_9 yond
until_true "two fifths have ended" has_ended $((N_FILES * 2 / 5))
kill_9 yon-worker
until_true "three fifths have ended" has_ended $((N_FILES * 3 / 5))
kill_9 yond
until_true "all files have ended" has_ended "$N_FILES"
timeout 60 sh -c ': >last' || fail "nobody opened the last item"

# The client that waits all along has seen none of it.
wait "$waiter" || fail "wait: exit code $?, $(cat "$T/wait.err")"

yon result "$id" --each --raw >got
cmp got want || {
    diff -a got want | head >&2
    fail "other hashes than those of the plain loop"
}
yon result "$id" --each >each
[ "$(sql "select count(*), count(distinct j->>'id'), sum(j->>'state' = 'done')
    from line" each)" = "$((N_FILES + 1))|$((N_FILES + 1))|$((N_FILES + 1))" ] ||
    fail "not one outcome for each"
yon down
[ "$(sqlite3 "$D/yon.db" 'select count(*), (select done from job_end)
    from outcome')" = "$((N_FILES + 1))|$((N_FILES + 1))" ] ||
    fail "not one row for each in the database"
echo "note: $((N_FILES + 1)) commands, 3 kills"
