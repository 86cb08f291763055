/* SPDX-License-Identifier: MIT */
/* requests - the open requests of a client, and which of them is to be sent
 * next.
 *
 * A request waits in its window until it may be sent, in the order of req. When
 * one is refused for a while, its window is closed for all that stand behind
 * it: they would be refused as well. Pure.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include "client/core/client_request.h"
#include "libcommon/map.h"

struct send_window {
    struct list waiting;
    size_t n_sent; /* sent and still in this window */
    size_t sent_max;
    int64_t not_before_ms;
};

/* What the other side should hold, as BEAT_ACK says it. */
struct tally {
    uint64_t n;
    uint64_t digest;
};

struct requests {
    struct map by_req;
    struct list open;
    struct send_window windows[WINDOW_COUNT];
    struct tally sent;
    uint64_t sent_hi; /* highest req sent so far, in any session */
};

void requests_init(struct requests *t);
void requests_fini(struct requests *t);

/* Copies the operation; its req is larger than each before. */
void requests_add(struct requests *t, const struct op *op);
struct client_request *requests_find(const struct requests *t,
                                     uint64_t req); /* or NULL */
void requests_remove(struct requests *t,
                     struct client_request *r); /* frees it */

/* The next that may be sent now, or NULL. */
struct client_request *requests_next(const struct requests *t, int64_t now_ms);
/* When requests_next may give one because time has passed; INT64_MAX: never. */
int64_t requests_wake_ms(const struct requests *t);
void requests_mark_sent(struct requests *t, struct client_request *r,
                        uint64_t at_beat);

/* Send it again, not before this time, and nothing of its window either. */
void requests_hold_back(struct requests *t, struct client_request *r,
                        int64_t not_before_ms);
/* A submit has its receipt: only its end is missing. */
void requests_got_receipt(struct requests *t, struct client_request *r,
                          uint64_t job);
/* Everything is to be sent again. */
void requests_unsend(struct requests *t);
/* A new session: the same, nothing is held back, and so many submits may be
 * under way. */
void requests_open_windows(struct requests *t, size_t submits_max);

void requests_check(const struct requests *t);

#endif
