/* SPDX-License-Identifier: MIT */
/* limit - the time limits of one attempt, and which of them passes next.
 *
 *   start  from ASSIGN until it starts
 *   run    from its start
 *   idle   from its last sign of life; its start is one
 *   total  what is left for all of the job, from ASSIGN
 *
 * Pure.
 */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/buf.h"

enum limit {
    LIMIT_NONE,
    LIMIT_START,
    LIMIT_RUN,
    LIMIT_IDLE,
    LIMIT_TOTAL,
    LIMIT_COUNT
};

/* Zeroed memory: no limits. */
struct limits {
    int64_t ms[LIMIT_COUNT];      /* 0: none */
    int64_t from_ms[LIMIT_COUNT]; /* counted from then */
};

/* ms: from the wire; a limit that is too long to be counted is none. */
void limits_set(struct limits *l, enum limit which, uint64_t ms);
/* It was assigned, it started, it gave a sign of life: limits count from now.
 */
void limits_given(struct limits *l, int64_t now_ms);
void limits_started(struct limits *l, int64_t now_ms);
void limits_sign(struct limits *l, int64_t now_ms);

/* The limit that passes first, and when; LIMIT_NONE and INT64_MAX: none will.
 */
enum limit limits_next(const struct limits *l, bool started, int64_t *at_ms);

/* "run-timeout": the reason of an outcome. */
const char *limit_reason(enum limit which);
/* Add a sentence for people: "it ran longer than 2.5 s". */
void limits_say(const struct limits *l, enum limit which, struct buf *out);

#endif
