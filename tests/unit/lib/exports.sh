#!/bin/sh
# SPDX-License-Identifier: MIT
# exports.sh SHARED STATIC PROGRAM VERSION: libyon.so and libyon.a show the functions
# that the headers declare, and nothing else; the program shows them to modules. The
# SONAME of libyon.so and the version of each of its functions are those of the ABI.
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

readelf -d "$1" | grep -qF "Library soname: [libyon.so.$4]" || {
    echo "the SONAME is not libyon.so.$4" >&2
    exit 1
}
nm -D --defined-only --with-symbol-versions "$1" | awk 'NF == 3 && $2 != "A" { print $3 }' |
    grep '^yon_' >"$T/versions"
if grep -v "@@YON_$4\$" "$T/versions" >&2 || ! [ -s "$T/versions" ]; then
    echo "these functions have another version than YON_$4" >&2
    exit 1
fi

# Threads of it run code of it, and so does a fork: it stays when it is closed.
readelf -d "$1" | grep -q NODELETE || {
    echo "$1 can be unloaded: it is not linked with -z nodelete" >&2
    exit 1
}
