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

/* A set of requests, as BEAT_ACK describes it. */
struct tally {
    uint64_t n;
    uint64_t digest;
};

struct requests {
    struct map by_req;
    struct list open;
    struct send_window windows[WINDOW_COUNT];
    struct tally sent; /* in this session: the coordinator should hold them */
    uint64_t sent_hi;  /* highest req sent so far, in any session */
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
/* When requests_next may find one because of the time; INT64_MAX: never. */
int64_t requests_wake_ms(const struct requests *t);
void requests_mark_sent(struct requests *t, struct client_request *r,
                        uint64_t at_beat);

/* Send it again, but nothing of its window before this time. */
void requests_hold_back(struct requests *t, struct client_request *r,
                        int64_t not_before_ms);
/* A submit has its receipt; it stays open until its job has ended. */
void requests_got_receipt(struct requests *t, struct client_request *r,
                          uint64_t job);
/* All are to be sent again. */
void requests_unsend(struct requests *t);
/* A new session: all are to be sent again, none is held back, and submits_max
 * submits may be under way without a receipt. */
void requests_open_windows(struct requests *t, size_t submits_max);

void requests_check(const struct requests *t);

#endif
