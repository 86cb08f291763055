/* SPDX-License-Identifier: MIT */
/* handle - yon_client of <yon/yon.h>: what all kinds of clients have in common.
 *
 * A client belongs to a loop and has open requests (request.h). What it does
 * with a request is its kind's: it asks a coordinator (connection.h), or calls
 * the functions of this process (local.h). A kind embeds struct yon_client as
 * its first member.
 */
#ifndef HANDLE_H
#define HANDLE_H

#include <yon/yon.h>

#include "client/lib/outage.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "libcommon/rt/co/loop.h"
#include "libcommon/rt/co/opened.h"
#include "proto/op.h"

struct request;

/* For people who wait. */
struct client_status {
    const char *put_off; /* why requests are to be sent again later; "": none */
    int64_t lost_ms;     /* time without a session; 0: there is one */
};

struct client_kind {
    const char *name;
    /* Have r answered; it is open, and its req is in *op, which is copied. A
     * SUBMIT that is fresh gets its key here. May end r at once. */
    void (*ask)(yon_client *c, struct request *r, struct op *op);
    /* No answer to r is wanted any more. */
    void (*forget)(yon_client *c, struct request *r);
    void (*set_patience)(yon_client *c, int64_t ms);
    struct client_status (*status)(const yon_client *c);
    /* yon_close: all requests have ended. */
    void (*close)(yon_client *c);
    /* After that, when everybody has been told: free it, now or when the last
     * thing that it runs is over. */
    void (*free)(yon_client *c);
};

struct yon_client {
    const struct client_kind *kind;
    struct loop *loop;
    bool owns_loop;
    bool is_lent;  /* by yon_job_client: who closes it takes it from others */
    char *address; /* owned; what people call it */
    struct map by_req;    /* open requests, */
    struct list requests; /* ... in the order of asking */
    uint64_t last_req;
    struct outage outage; /* never on without a coordinator to miss */
    bool is_closed;
    enum err broken; /* new requests end so at once; ERR_NONE: it works */
    char errmsg[ERRMSG_LEN];    /* why it is broken */
    struct loop_call last_call; /* before it goes */
    struct opened opened;       /* by a coroutine */
};

/* Holds the loop until handle_fini. */
void handle_init(yon_client *c, const struct client_kind *kind,
                 struct loop *loop);
void handle_fini(yon_client *c);

#endif
