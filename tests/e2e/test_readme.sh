#!/usr/bin/env bash
# A newcomer types what the README says: what is shown comes, and yon takes each
# command. (The section Install is what test_install.sh does.)
. "$(dirname "$0")/lib.sh"

export HOME=$T/home
mkdir "$HOME"
cd "$ROOT"

# The two commands that do everything.
for command in ./deploy/quickstart ./tests/run; do
    head -n 12 README.md | grep -q "^$command " || fail "the README does not open with $command"
    [ -x $command ] || fail "no $command"
done

# blocks LANGUAGE: the lines of all blocks of that language.
blocks() {
    awk -v open="^\`\`\`$1\$" '$0 ~ open { on = 1; next } /^```$/ { on = 0 } on' "$ROOT/README.md"
}

# What stands behind "$ " gives the lines that follow, in one shell for all. It has
# build/bin in its PATH, which may be another build here.
blocks console | sed "s,build/,$BUILD/,g; s,\$PWD/$BUILD,$BUILD,g" >"$T/session"
sed -n 's/^\$ //p' "$T/session" >"$T/commands"
grep -v '^\$ ' "$T/session" >"$T/want"
[ "$(wc -l <"$T/commands")" -ge 6 ] || fail "these commands: $(cat "$T/commands")"
bash -e "$T/commands" >"$T/got" 2>"$T/err" || fail "the session: $(cat "$T/err")"
diff "$T/want" "$T/got" || fail "the README shows something else"

# The other commands, in a folder that has what they name.
cd "$T/work"
printf 'all: x.o\nx.o: x.c\n\t$(CC) -c x.c\n' >Makefile
echo 'int x;' >x.c
printf '#!/bin/sh\necho "$0 $*"\n[ "$2" != 13 ]\n' >sim
printf '#!/bin/sh\necho "$1"\n' >get
mkdir bin
cp get bin/optipng
chmod +x sim get bin/optipng
touch a.png 'b c.png'
echo text | gzip >'d e.gz'
export PATH=$PWD/bin:$PATH
blocks sh | sed 's/  *# .*//; s/1-1_000/1-20/; s/; /\n/g' >"$T/lines"
[ "$(wc -l <"$T/lines")" -ge 15 ] || fail "these lines: $(cat "$T/lines")"
while IFS= read -r line; do
    code=0
    bash -c "$line" </dev/null >"$T/out" 2>"$T/err" || code=$?
    case "$line" in
    *"./sim "* | "yon wait last"* | "yon result last"*) want=1 ;; # 13 fails
    *) want=0 ;;
    esac
    [ $code = $want ] || fail "exit code $code, not $want: $line: $(cat "$T/err")"
done <"$T/lines"
[ -e x.o ] || fail "nothing was built"
yon wait all >/dev/null
[ "$(cat 'd e')" = text ] || fail "zcat"
yon down 2>/dev/null
