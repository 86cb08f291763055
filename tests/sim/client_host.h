/* SPDX-License-Identifier: MIT */
/* client_host - a client's process: its core, and its user. */
#ifndef CLIENT_HOST_H
#define CLIENT_HOST_H

#include "client/core/client.h"
#include "libcommon/map.h"
#include "tests/sim/host.h"
#include "tests/sim/net.h"
#include "tests/sim/vclock.h"

/* A request whose last answer has not come. */
struct request {
    uint64_t req;
    enum op_type type;
    int64_t made_ms;     /* on the world's clock */
    uint64_t n_outcomes; /* durable when it was made */
    job_id job;          /* of a submit: after its receipt */
    uint32_t first, last, max, n;
    uint8_t stream;
    uint8_t follow; /* STREAM_BITs of the element `first`, or of the job */
    bool bodies;
    bool await, receipted;
    uint64_t offset;
    struct attempt_id of; /* the output of this attempt; n 0: of any */
    bool done;            /* ... which was read to its end */
    /* of a submit */
    job_key key;
    uint64_t digest; /* of its content, see content.h */
};

struct client_host {
    struct host host;
    unsigned index;
    struct dealer dealer;
    struct client *core; /* NULL while it is down */
    struct client_actions actions;
    struct timer wake;
    struct timer think; /* the next wish of its user */
    struct timer exit;
    uint64_t next_req;
    struct map requests; /* struct request by req */
    struct request more; /* the tail that goes on after the last one */
};

void client_host_init(struct client_host *h, struct world *w, unsigned index);
void client_host_fini(struct client_host *h);

void client_host_start(struct client_host *h);
void client_host_kill(struct client_host *h, int64_t down_ms);
void client_host_close(struct client_host *h); /* goodbye, then a new life */

/* Ask; op gets a number. Returns a copy of `about` with that number and what op
 * says; it belongs to the host. */
struct request *client_host_ask(struct client_host *h, struct op *op,
                                const struct request *about);
void client_host_forget(struct client_host *h, uint64_t req);

#endif
