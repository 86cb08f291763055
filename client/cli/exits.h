/* SPDX-License-Identifier: MIT */
/* exits - exit codes of yon, and which error ends with which. Pure. */
#ifndef EXITS_H
#define EXITS_H

#include "libcommon/err.h"

/* Fixed: scripts depend on them. */
enum exits {
    EXITS_DONE = 0,
    EXITS_FAILED = 1, /* an awaited job failed, expired or was lost */
    EXITS_USAGE = 2,
    EXITS_ABSENT = 3,      /* no such job, worker, function */
    EXITS_UNREACHABLE = 4, /* no coordinator, or it was lost */
    EXITS_REFUSED = 5,     /* key, permission, limit */
    EXITS_CONFLICT = 6,    /* finished already; key used for something else */
    EXITS_CANCELLED = 7,   /* awaited jobs were cancelled, none failed */
    EXITS_NOTHING = 8,     /* nothing matched the selector */
    EXITS_TIMEOUT = 124,   /* --timeout was over while waiting */
    EXITS_SELF = 125,      /* `run`: yon itself failed */
    EXITS_SIGNAL = 128,    /* + n */
    EXITS_INTERRUPT = 130,
};

int exits_of_err(enum err err);
/* Of a job or an array that ended in a state (proto/op.h). */
int exits_of_state(unsigned state);
/* The worse of two: failed, then cancelled, then done. */
int exits_worse(int a, int b);

#endif
