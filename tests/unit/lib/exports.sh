#!/bin/sh
# SPDX-License-Identifier: MIT
# exports.sh LIBRARY HEADER...: the library shows what the headers declare, and
# nothing that is not called yon_*.
set -eu
library=$1
shift

shown=$(nm -D --defined-only "$library" | awk '{ print $3 }')
[ -n "$shown" ]
# Names with two underscores belong to the compiler and its sanitizers.
others=$(printf '%s\n' "$shown" | grep -Ev '^(yon_|__)' || :)
if [ -n "$others" ]; then
    printf 'shown, though private:\n%s\n' "$others" >&2
    exit 1
fi
for name in $(grep -hv typedef "$@" | grep -oE 'yon_[a-z_]+\(' |
    tr -d '(' | sort -u); do
    printf '%s\n' "$shown" | grep -qx "$name" || {
        echo "declared, but not shown: $name" >&2
        exit 1
    }
done
