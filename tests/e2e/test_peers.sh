#!/usr/bin/env bash
# Hostile and broken peers: garbage, half frames, huge ones, lying counts,
# more connections than there are descriptors, clients that ask and never read.
# The others are served, and yond's memory stays within its budget.
. "$(dirname "$0")/lib.sh"

at_end() {
    [ "$status" = 0 ] || tail -n 30 "$T"/*.log >&2
}

export PYTHONDONTWRITEBYTECODE=1
python3 "$ROOT/tests/chaos/bad_peers.py" "$BUILD" "$T"
