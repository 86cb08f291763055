#!/bin/sh
# SPDX-License-Identifier: MIT
# exceptions.sh SHARED CXX [SANITIZERS]: exceptions of coroutines do not mix, in a
# program of that C++ compiler.
set -eu
here=$(dirname "$0")
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

"$2" -std=c++11 -g -Wall -Wextra -Werror ${3:+-fsanitize="$3"} -I "$here/../../../include" \
    "$here/exceptions.cc" "$1" -Wl,-rpath,"$(dirname "$1")" -o "$T/exceptions"
"$T/exceptions"

# One that leaves its coroutine ends the process, and is named.
if "$T/exceptions" leave 2>"$T/stderr"; then
    echo "an exception has left a coroutine, and nothing happened" >&2
    exit 1
fi
grep -q "it leaves" "$T/stderr" || {
    cat "$T/stderr" >&2
    exit 1
}
