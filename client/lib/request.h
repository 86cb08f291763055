/* SPDX-License-Identifier: MIT */
/* request - a question to a client's coordinator, as a future: what the public
 * API and the command line are made of.
 *
 * While a request is open its client holds one reference to it.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include "client/lib/handle.h"
#include "libcommon/rt/co/future.h"

/* Called on the loop for each answer; what `op` points to lives for the call.
 * `last`: none follows and the future is about to end. It must not await. */
typedef void request_answer_fn(void *arg, const struct op *op, bool last);

/* Ask; sets op->u.*.req and copies the rest. The future ends with 0 after the
 * last answer, with the code of a REFUSED (yon_error() has its message;
 * `answer` is not called for it), YON_EUNREACHABLE when patience is over,
 * YON_ECLOSED. yon_free before the end forgets the request. Never NULL. */
yon_future *request_new(yon_client *c, struct op *op, request_answer_fn *answer,
                        void *arg);

/* ---- for kinds of requests, which embed one, and for kinds of clients ---- */

struct request_kind {
    /* An answer; what `op` points to lives for the call. With the last one it
     * must call request_end. */
    void (*answer)(struct request *r, const struct op *op, bool last);
    /* Called when it ends; NULL: nothing to do. */
    void (*ending)(struct request *r, enum err err, const char *text);
};

struct request {
    yon_future future; /* first */
    const struct request_kind *kind;
    yon_client *client; /* NULL: it is not open */
    uint64_t req;
    int64_t began_ms; /* its client's: see patience.h */
    struct list in_client;
};

/* Begin; it is not open yet. */
void request_init(struct request *r, const struct future_kind *future_kind,
                  const struct request_kind *kind, yon_client *c);
/* Have its client answer it; sets the req of *op, which is copied. It may end
 * at once. */
void request_ask(struct request *r, yon_client *c, struct op *op);
/* An answer has come, which may be a REFUSED. May end and free it. */
void request_answer(struct request *r, const struct op *op, bool last);
/* The future ends, and no answer comes any more. May free it. */
void request_end(struct request *r, enum err err, const char *text);
/* Drop it, since no answer is wanted any more. May free it. */
void request_forget(struct request *r);

/* The open request that was asked first; NULL: none is open. */
struct request *request_oldest(const yon_client *c);
/* End all that are open. */
void request_end_all(yon_client *c, enum err err, const char *text);

#endif
