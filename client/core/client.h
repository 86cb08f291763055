/* SPDX-License-Identifier: MIT */
/* client - the heart of libyon: one step function.
 *
 * It keeps the session with the coordinator and every open request, and sends a
 * request again after each reconnect until it is answered. Requests are
 * idempotent: submits by their key, the others by nature. Pure.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "libcommon/ids.h"
#include "libcommon/trace.h"
#include "proto/frames.h"

struct client; /* opaque, see client_state.h */

struct client_config {
    const char *name; /* borrowed for the client's life */
    boot_id boot;
    uint64_t seed;  /* for the jitter of reconnects */
    bool no_jitter; /* pauses have their full length: for tests that expect
                       exact times */
    const char *software;
};

/* Pauses between HELLOs: pause_min_ms and pause_max_ms of proto/peer.h. */
#define CLIENT_HELLO_MIN_MS 50
#define CLIENT_HELLO_MAX_MS 2000

enum client_event_type {
    CLIENT_START,
    CLIENT_MESSAGE,
    CLIENT_TICK,
    CLIENT_REQUEST, /* a new request */
    CLIENT_FORGET,  /* a request is not waited for any more */
    CLIENT_CLOSE,   /* say goodbye */
};

struct client_event {
    enum client_event_type type;
    int64_t now_ms;
    union {
        struct {
            struct view frame;
        } message;
        struct {
            /* One of REQUEST_LIST (proto/op.h) with req set by the caller:
             * larger than each before. Copied. */
            const struct op *op;
        } request;
        struct {
            uint64_t req;
        } forget;
    } u;
};

/* Takes an answer, which borrows from its frame. `op` is one of ANSWER_LIST
 * (proto/op.h), or REFUSED. `last`: the request is closed with it. (A SUBMIT
 * with await stays open after its RECEIPT, which may be lost on the way: then
 * ENDED alone tells the job.) The callee may call client_step with
 * CLIENT_REQUEST and CLIENT_FORGET and the same actions, and with nothing else.
 */
typedef void client_answer_fn(void *arg, uint64_t req, const struct op *op,
                              bool last);

struct client_actions {
    struct frames sends;
    int64_t wake_ms; /* INT64_MAX: not needed */
    bool reconnect;  /* the connection is dead: before the sends make a new one,
                        and drop what waits for the old one */
    char refused[ERRMSG_LEN]; /* if not empty: the coordinator refuses this
                                 client for good, and why */
    enum err refused_err;
    struct trace trace; /* what was decided; the caller sets the level */
};
/* Zeroed again, except for wake_ms and the level of the trace. */
void client_actions_clear(struct client_actions *a);

struct client *client_new(const struct client_config *config,
                          client_answer_fn *answer, void *arg);
void client_free(struct client *c);
void client_step(struct client *c, const struct client_event *e,
                 struct client_actions *out);

/* Whether there is a session now. *since_ms (may be NULL): when the last one
 * was lost; before the first, when the client started. */
bool client_is_connected(const struct client *c, int64_t *since_ms);
/* For people: why the coordinator puts us off, when it does; else "". */
const char *client_put_off(const struct client *c);

#endif
