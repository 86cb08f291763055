#!/usr/bin/env bash
# The script of the README: a coordinator here, a worker and a client on machines of
# their own, each of which is a network namespace.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] && ip netns list >/dev/null 2>&1 && unshare -n true 2>/dev/null ||
    skip 'root makes network namespaces'
YON_BUILD=$BUILD "$ROOT/deploy/two-machines" >"$T/out" 2>&1 || fail "$(cat "$T/out")"
grep -q '^done$' "$T/out" || fail "$(cat "$T/out")"
grep -q 'may not connect here any more' "$T/out" || fail "$(cat "$T/out")"
