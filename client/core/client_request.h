/* SPDX-License-Identifier: MIT */
/* client_request - one request of a client, kept until it is answered. Pure. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <stdalign.h>
#include <stddef.h>

#include "libcommon/list.h"
#include "proto/req.h"

/* Submits without a receipt have a limit; nothing else waits for them. */
enum lane_id { LANE_SUBMIT, LANE_OTHER, LANE_COUNT };

struct ask {
    struct list open;    /* all, in the order of req (requests.h) */
    struct list waiting; /* those of its lane that are not sent, likewise */
    uint64_t req;
    struct op op;     /* what it borrows is in `memory` */
    uint64_t job;     /* of a submit that has its receipt, or 0 */
    bool sent;        /* in this session, and not refused since */
    bool tried;       /* in any session: it may have arrived */
    uint64_t at_beat; /* the beat before it was sent */
    alignas(max_align_t) uint8_t memory[];
};

/* Copies the operation. Freed with free(). */
struct ask *ask_new(const struct op *op);
enum lane_id ask_lane(const struct ask *a);
/* What to send for it now; borrows from the ask. */
struct op ask_op(const struct ask *a);
enum req_answer ask_answer(const struct ask *a, const struct op *op);

#endif
