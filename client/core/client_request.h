/* SPDX-License-Identifier: MIT */
/* client_request - one request of a client, kept until it is answered. Pure. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <stdalign.h>
#include <stddef.h>

#include "libcommon/list.h"
#include "proto/req.h"

/* Only so many of a window are under way at once. Submits without a receipt
 * have a limit; nothing else waits for them. */
enum window_id { WINDOW_SUBMIT, WINDOW_OTHER, WINDOW_COUNT };

struct client_request {
    struct list open;    /* all, in the order of req (requests.h) */
    struct list waiting; /* those of its window that are not sent, likewise */
    uint64_t req;
    struct op op;     /* what it borrows is in `memory` */
    uint64_t job;     /* of a submit that has its receipt, or 0 */
    bool sent;        /* in this session, and not refused since */
    bool tried;       /* in any session: it may have arrived */
    uint64_t at_beat; /* the beat before it was sent */
    alignas(max_align_t) uint8_t memory[];
};

/* Copies the operation. Freed with free(). */
struct client_request *client_request_new(const struct op *op);
enum window_id client_request_window(const struct client_request *r);
/* What to send for it now; borrows from the request. */
struct op client_request_op(const struct client_request *r);
enum req_answer client_request_answer(const struct client_request *r,
                                      const struct op *op);

#endif
