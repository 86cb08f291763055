/* SPDX-License-Identifier: MIT */
/* pending - a request that waits for its answers, as a future to embed.
 *
 * While it is open the client holds one reference to it.
 */
#ifndef PENDING_H
#define PENDING_H

#include "libcommon/list.h"
#include "libcommon/rt/co/future.h"
#include "proto/op.h"

struct pending;

struct pending_kind {
    /* An answer; what `op` points to lives for the call. With the last one it
     * must call pending_end. */
    void (*answer)(struct pending *p, const struct op *op, bool last);
    /* It ends now; NULL: nothing to do. */
    void (*ending)(struct pending *p, enum err err, const char *text);
};

struct pending {
    yon_future future; /* first */
    const struct pending_kind *kind;
    yon_client *client; /* NULL when it is not open */
    uint64_t req;
    int64_t began_ms; /* on the clock of the client's patience */
    struct list in_client;
};

/* Not open yet. */
void pending_init(struct pending *p, const struct future_kind *future_kind,
                  const struct pending_kind *kind, yon_client *c);
/* Ask the coordinator; sets the req of *op and copies the rest. It may end at
 * once, when the client is of no use any more. */
void pending_ask(struct pending *p, yon_client *c, struct op *op);
/* Ask nobody: it is open until someone ends it, or the client is closed. */
void pending_keep(struct pending *p, yon_client *c);
/* It is over: the future ends, and nothing is heard any more. May free it. */
void pending_end(struct pending *p, enum err err, const char *text);
/* Nobody cares any more; tells the coordinator. May free it. */
void pending_forget(struct pending *p);

#endif
