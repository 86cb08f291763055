/* SPDX-License-Identifier: MIT */
/* tails - asking for the output of an attempt, before, while and after it runs.
 *
 * While it is queued the question waits here; while it runs the shell answers;
 * when it has ended the answer comes from its outcome. Pure.
 */
#ifndef TAILS_H
#define TAILS_H

#include "libcommon/list.h"
#include "proto/op.h"

/* A question about an attempt that has not started. */
struct tail_wait {
    struct list place;
    uint64_t tail;
    uint8_t stream;
    uint64_t offset;
    uint32_t max;
};

/* Bytes of one answer at most, whatever was asked for. */
#define TAIL_ANSWER_MAX (64u << 10)
/* Questions that wait for one attempt; more are answered with "ended". */
#define TAIL_WAITS_MAX 64

/* `max` of a question within its limits: 1 .. TAIL_ANSWER_MAX. */
uint32_t tails_clamp(uint32_t max);

/* Keep a question. A second one of the same tail replaces the first. False:
 * there are too many. */
bool tails_wait(struct list *tails, const struct tail_wait *ask);
void tails_forget(struct list *tails);

/* What can be said from what an outcome kept, as TAIL_DATA; its bytes look into
 * the outcome. */
struct op tails_answer(const struct outcome *o, const struct tail_wait *ask);
/* TAIL_DATA that says: nothing will follow. */
struct op tails_answer_ended(uint64_t tail, uint64_t offset);

#endif
