#!/usr/bin/env bash
# Every figure of a table is in the JSON beside it.
. "$(dirname "$0")/lib.sh"

up --slots 2 --procs 1 --load "$JOBS"

# The figures of a table: words with a digit. Not: how long ago something was, which
# JSON gives as a time; the words of a command; and what to type next.
figures() {
    sed -E -e '/^  (command|arguments|in|next:) /d' -e 's/, up .*,/,/' \
        -e 's|([0-9])/([0-9])|\1 \2|g' "$T/table" | tr -s ' ,;()' '\n' |
        sed 's/:$//' | grep '[0-9]' | grep -vE '^[0-9]+(s|m|h|d)$' | sort -u
}

# agrees COMMAND...: each figure is a value of the document, a word of a text in it,
# the number of things in a list, or a time in seconds.
agrees() {
    local missing
    expect_exit 0 "$@"
    mv "$T/out" "$T/table"
    expect_exit 0 "$@" --json
    figures >"$T/figures"
    [ -s "$T/figures" ] || fail "no figures: $(cat "$T/table")"
    missing=$(sqlite3 :memory: "create table figure(word text)" \
        ".import $T/figures figure" "
        create table value as select type, atom from json_tree(readfile('$T/out'))
            where atom is not null
            union all select 'integer', json_array_length(value)
            from json_tree(readfile('$T/out')) where type = 'array';
        select word from figure where not exists (select 1 from value where
            cast(atom as text) = word or
            type = 'text' and ' ' || atom || ' ' like '% ' || word || ' %' or
            type in ('real', 'integer') and
                (printf('%.1fs', atom) = word or printf('%.2fs', atom) = word))")
    [ -z "$missing" ] || fail "$*: not in the JSON: $missing
$(cat "$T/table" "$T/out")"
}

# ask PATH: of the document that the last agrees printed.
ask() {
    sqlite3 :memory: "select json_extract(readfile('$T/out'), '$1')"
}

yon -q submit -w -n mixed -- sh -c 'exit $1' sh {} ::: 0 0 31 31 31 47 || :
yon -q submit -w -n single -- sh -c 'sleep 0.2; exit 53' || :
yon -q call add a:=1 b:=2 || :
yon -q submit -w -n killed -- sh -c 'kill -9 $$' || :
gate_new gate
yon -q submit --array 1-70 -n running -- cat gate
until_true "two run" sh -c 'yon status --json | grep -q "\"running\":2[,}]"'

agrees yon ls
[ "$(ask '$.totals.running') $(ask '$.totals.slots_used')" = "1 2" ]
agrees yon ls --state failed
agrees yon show 1
[ "$(ask '$.last_failure.id' | cut -d. -f1)" = 1 ] || fail "no last failure"
[ "$(ask '$.failures')" = '[{"count":3,"message":"exit 31"},{"count":1,"message":"exit 47"}]' ] ||
    fail "failures are $(ask '$.failures')"
for id in 1.1 1.3 2 3 4 5; do
    agrees yon show $id
done
agrees yon workers
agrees yon functions
agrees yon status
expect_exit 0 yon ls --json
[ "$(ask '$.jobs[4].failures[0].count')" = 3 ] || fail "ls: $(ask '$.jobs[4]')"
expect_exit 0 yon cancel 5
