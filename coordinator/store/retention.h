/* SPDX-License-Identifier: MIT */
/* retention - how long jobs that have ended are kept. Pure.
 *
 * A job, or an array as a whole, goes with all that belongs to it, its key
 * included, when it ended longer ago than its state is kept; and the oldest go
 * earlier while there are more of them, or more bytes, than may be. A job that
 * has not ended is never touched. Ages are by the time lived (lived.h), for the
 * wall clock may jump.
 */
#ifndef RETENTION_H
#define RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/op.h"

struct retention {
    int64_t keep_ms[STATE_COUNT]; /* by terminal state; 0: for ever */
    uint64_t jobs_max;            /* jobs and arrays; 0: any number */
    uint64_t bytes_max;           /* of the database; 0: any number */
    int64_t least_ms; /* a job that ended within it stays in any case */
    bool trust_wall;  /* lived.h: the wall clock is right about each pause */
};

/* `over`: there are too many, or too many bytes. */
static inline bool retention_is_due(const struct retention *r, unsigned state,
                                    int64_t age_ms, bool over)
{
    if (over && age_ms >= r->least_ms)
        return true;
    return r->keep_ms[state] > 0 && age_ms >= r->keep_ms[state];
}

/* Nothing younger is due as long as nothing is over; INT64_MAX: nothing ever.
 */
static inline int64_t retention_shortest_ms(const struct retention *r)
{
    int64_t shortest_ms = INT64_MAX;

    for (unsigned i = STATE_DONE; i < STATE_COUNT; i++)
        if (r->keep_ms[i] > 0 && r->keep_ms[i] < shortest_ms)
            shortest_ms = r->keep_ms[i];
    return shortest_ms;
}

#endif
