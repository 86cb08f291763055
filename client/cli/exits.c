/* SPDX-License-Identifier: MIT */
/* exits - exit codes of yon, and which error ends with which. */
#include "client/cli/exits.h"

#include "proto/op.h"

int exits_of_err(enum err err)
{
    switch (err) {
    case ERR_NONE:
        return EXITS_DONE;
    case ERR_ABSENT:
        return EXITS_ABSENT;
    case ERR_UNREACHABLE:
    case ERR_CLOSED:
    case ERR_VERSION:
        return EXITS_UNREACHABLE;
    case ERR_REFUSED:
    case ERR_LIMIT:
    case ERR_FULL:
    case ERR_BUSY:
        return EXITS_REFUSED;
    case ERR_CONFLICT:
    case ERR_EXISTS:
    case ERR_STATE:
        return EXITS_CONFLICT;
    case ERR_TIMEOUT:
        return EXITS_TIMEOUT;
    default:
        return EXITS_FAILED;
    }
}

int exits_of_state(unsigned state)
{
    switch (state) {
    case STATE_DONE:
        return EXITS_DONE;
    case STATE_CANCELLED:
        return EXITS_CANCELLED;
    default:
        return EXITS_FAILED;
    }
}

int exits_worse(int a, int b)
{
    if (a == EXITS_FAILED || b == EXITS_FAILED)
        return EXITS_FAILED;
    return a != EXITS_DONE ? a : b;
}
