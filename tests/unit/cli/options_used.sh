#!/bin/sh
# SPDX-License-Identifier: MIT
# options_used.sh: each option of yon has a row, and somebody who asks for it.
set -eu
cd "$(dirname "$0")/../../../client/cli"
n=0
for id in $(grep -o 'OPT_[A-Z_]*[A-Z]' command_line.h | sort -u); do
    n=$((n + 1))
    grep -qw "$id" commands.c || {
        echo "$id has no row in commands.c" >&2
        exit 1
    }
    ls ./*.c | grep -v commands.c | xargs grep -qw "$id" || {
        echo "$id is parsed, and nobody asks for it" >&2
        exit 1
    }
done
[ "$n" -gt 20 ]
