#!/bin/sh
# SPDX-License-Identifier: MIT
# suspends.sh LIBRARY: the functions whose comment says that they suspend are
# those whose code can get to the switch of stacks.
#
# Only direct calls are seen. Who suspends because a function of the user does
# may say so in other words.
set -eu
root=$(dirname "$0")/../../..
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT

"$root/docs/reference" --functions | awk '$2 != "" { print $1 }' |
    sort >"$T/say"
objdump -d --no-show-raw-insn "$1" | awk '
    /^[0-9a-f]+ <.*>:$/ {
        name = $2
        gsub(/[<>:]|@.*/, "", name)
    }
    # call, jmp, b, bl ... <callee> or <callee@plt>
    $2 ~ /^(call|j|b|cb|tb)/ && match($0, /<[^>]*>$/) {
        callee = substr($0, RSTART + 1, RLENGTH - 2)
        sub(/[@+].*/, "", callee)
        callers[callee] = callers[callee] " " name
    }
    function reach(callee,   n, i, who) {
        if (callee in seen) return
        seen[callee]
        n = split(callers[callee], who, " ")
        for (i = 1; i <= n; i++) reach(who[i])
    }
    END {
        reach("fiber_switch")
        for (name in seen) if (name ~ /^yon_/) print name
    }' | sort >"$T/do"
[ -s "$T/do" ] || {
    echo "no code of $1 gets to fiber_switch: objdump shows no calls by name" \
        "there, as in a library built with LTO; nothing is proved" >&2
    exit 1
}
diff "$T/say" "$T/do" >&2 || {
    echo "these say (<) that they suspend, or do (>), and not both" >&2
    exit 1
}
