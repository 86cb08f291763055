#!/bin/sh
# SPDX-License-Identifier: MIT
# exports.sh SHARED STATIC PROGRAM: libyon.so and libyon.a show the functions that
# the headers declare, and nothing else; the program shows them to modules.
set -eu
root=$(dirname "$0")/../../..
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

# Names with two underscores belong to the compiler and its sanitizers, those
# with a version to the C library, and an absolute one is itself a version.
names() {
    awk 'NF == 3 && $2 != "A" { print $3 }' |
        sed 's/@@YON_.*//' | grep -v '@\|^__' | sort
}

"$root/docs/reference" --functions | cut -d' ' -f1 | sort >"$T/declared"
nm -D --defined-only "$1" | names >"$T/shared"
nm -g --defined-only "$2" | names >"$T/static"
nm -D --defined-only "$3" | names >"$T/program"
for place in shared static program; do
    diff "$T/declared" "$T/$place" >&2 || {
        echo "the functions declared (<) and those shown (>) differ: $place" >&2
        exit 1
    }
done

# Threads of it run code of it, and so does a fork: it stays when it is closed.
readelf -d "$1" | grep -q NODELETE || {
    echo "$1 can be unloaded: it is not linked with -z nodelete" >&2
    exit 1
}
