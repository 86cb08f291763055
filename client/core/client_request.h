/* SPDX-License-Identifier: MIT */
/* client_request - one request of a client, kept until it is answered. Pure. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include <stdalign.h>
#include <stddef.h>

#include "libcommon/list.h"
#include "proto/req.h"

/* Each window limits how many of its requests are under way. Only submits
 * without a receipt have a limit; other requests never wait behind them. */
enum window_id { WINDOW_SUBMIT, WINDOW_OTHER, WINDOW_COUNT };

struct client_request {
    struct list open;    /* requests.open */
    struct list waiting; /* its window's, while it is not sent */
    uint64_t req;
    struct op op;     /* borrows from `memory` */
    uint64_t job;     /* of a submit that has its receipt; else 0 */
    bool sent;        /* in this session, and not refused since */
    bool tried;       /* it was sent in some session, and may have arrived */
    uint64_t at_beat; /* number of the last beat before it was sent */
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
