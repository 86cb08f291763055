/* SPDX-License-Identifier: MIT */
/* follower - a client that needs all of an output, from the start of each
 * attempt on: while it is there, the worker drops nothing that it has not got.
 *
 * It lives as long as the AWAIT or SUBMIT that made it, which is its request;
 * when the connection of that is dead, until the client comes back with the
 * same request, but no longer than a lease. Pure.
 */
#ifndef FOLLOWER_H
#define FOLLOWER_H

#include "coordinator/core/model/session.h"

struct attempt;
struct coord;
struct job;
struct open_request;

/* What is to be kept of the output of an attempt. */
struct followed {
    uint8_t streams;  /* STREAM_BITs; nothing of others is needed */
    uint64_t keep[2]; /* of each stream: what stands there and behind */
};

struct follower {
    struct list in_job;    /* job->followers */
    struct list in_parted; /* coord->parted, while it has no request */
    struct job *job;
    uint32_t elem;
    struct followed needs;
    struct attempt_id of; /* whose output needs.keep is about; of that of any
                           * other it needs all */
    boot_id boot;
    uint64_t req;
    struct open_request *request; /* NULL: its client has not come back */
    int64_t until_ms;             /* then it waits no longer */
};

/* One for this request, which waits for the element: that of the same request
 * in a former session, if it is still there. */
struct follower *follower_join(struct open_request *request, struct job *j,
                               uint32_t elem, uint8_t streams);
/* Its request is closed; it may come back until then. */
void follower_part(struct coord *c, struct follower *f, int64_t until_ms);
void follower_free(struct follower *f);
/* All of a job that ends here: freed, or refused by the store. */
void followers_free(struct job *j);
/* The session is about to tail a stream of the attempt from this offset on. */
void follower_note(const struct session *s, const struct attempt *a,
                   uint8_t stream, uint64_t offset);
/* What all of them need of the output of this attempt. */
struct followed follower_needs(const struct attempt *a);

#endif
