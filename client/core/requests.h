/* SPDX-License-Identifier: MIT */
/* requests - the open requests of a client, and which of them is to be sent
 * next.
 *
 * A request waits in its lane until it may be sent, in the order of req. A lane
 * that was refused for a while is closed for all of it: what stands behind
 * would be refused as well. Pure.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "client/core/client_request.h"
#include "libcommon/map.h"

struct lane {
    struct list waiting;
    size_t n_sent; /* sent and still in this lane */
    size_t sent_max;
    int64_t not_before_ms;
};

/* What the other side should hold, as BEAT_ACK says it. */
struct tally {
    uint64_t n;
    uint64_t digest;
};

struct asks {
    struct map by_req;
    struct list open;
    struct lane lanes[LANE_COUNT];
    struct tally sent;
    uint64_t sent_hi; /* highest req sent so far, in any session */
};

void asks_init(struct asks *t);
void asks_fini(struct asks *t);

/* Copies the operation; its req is larger than each before. */
void asks_add(struct asks *t, const struct op *op);
struct ask *asks_find(const struct asks *t, uint64_t req); /* or NULL */
void asks_remove(struct asks *t, struct ask *a);           /* frees it */

/* The next that may be sent now, or NULL. */
struct ask *asks_next(const struct asks *t, int64_t now_ms);
/* When asks_next may give one because time has passed; INT64_MAX: never. */
int64_t asks_wake_ms(const struct asks *t);
void asks_mark_sent(struct asks *t, struct ask *a, uint64_t at_beat);

/* Send it again, not before this time, and nothing of its lane either. */
void asks_hold_back(struct asks *t, struct ask *a, int64_t not_before_ms);
/* A submit has its receipt: only its end is missing. */
void asks_got_receipt(struct asks *t, struct ask *a, uint64_t job);
/* Everything is to be sent again. */
void asks_unsend(struct asks *t);
/* A new session: the same, nothing is held back, and so many submits may be
 * under way. */
void asks_open_lanes(struct asks *t, size_t submits_max);

void asks_check(const struct asks *t);

#endif
