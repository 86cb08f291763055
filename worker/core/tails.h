/* SPDX-License-Identifier: MIT */
/* tails - queries for the output of an attempt.
 *
 * While the attempt is queued, a query waits here; while it runs, the shell
 * answers; when it has ended, the answer comes from its outcome. Pure.
 */
#ifndef TAILS_H
#define TAILS_H

#include "libcommon/list.h"
#include "proto/op.h"

/* TAIL_ASK for an attempt that has not started. */
struct tail_wait {
    struct list place;
    uint64_t tail;
    uint8_t stream;
    uint64_t offset;
    uint32_t max;
    uint64_t keep;
};

/* Bytes of one answer at most, whatever was asked for. */
#define TAIL_ANSWER_MAX (64u << 10)
/* Queries that wait for one attempt; further ones are answered "ended". */
#define TAIL_WAITS_MAX 64

/* `max` of a query, bent into 1 .. TAIL_ANSWER_MAX. */
uint32_t tails_clamp(uint32_t max);

/* Keep a copy of the query; it replaces one of the same tail. False: too many
 * wait. */
bool tails_wait(struct list *tails, const struct tail_wait *query);
void tails_forget(struct list *tails);

/* TAIL_DATA from the output that an outcome has kept, from which it borrows. */
struct op tails_answer(const struct outcome *o, const struct tail_wait *query);
/* TAIL_DATA without bytes: nothing will follow. */
struct op tails_answer_ended(uint64_t tail, uint64_t offset);

#endif
