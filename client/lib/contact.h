/* SPDX-License-Identifier: MIT */
/* contact - a client of the public API: the core with a socket and a timer, on
 * a loop.
 *
 * Whatever steps the core leaves frames behind; they go out together in the
 * next turn of the loop.
 */
#ifndef CONTACT_H
#define CONTACT_H

#include <uv.h>

#include <yon/yon.h>

#include "client/core/client.h"
#include "client/lib/patience.h"
#include "libcommon/list.h"
#include "libcommon/map.h"
#include "libcommon/rt/co/loop.h"
#include "libcommon/rt/zmq/outbox.h"
#include "libcommon/rt/zmq/sock.h"

/* Default of yon_set_patience. */
#define CONTACT_PATIENCE_MS (60 * 1000)

struct local;
struct pending;

struct yon_client {
    struct loop *loop;
    bool owns_loop;
    char *address;
    struct client *core;
    struct client_actions actions;
    struct sock *sock;
    struct outbox outbox;
    struct loop_call last_call; /* before it goes */
    uv_timer_t timer;
    int64_t armed_ms; /* what the timer is set to; INT64_MAX: nothing */
    int64_t retry_ms; /* when to try again what the socket did not take */
    int64_t retry_step_ms;
    struct patience patience;
    struct map by_req;    /* struct pending */
    struct list pendings; /* in the order of asking */
    uint64_t last_req;
    uint8_t key_base[16]; /* random; see contact_key */
    uint64_t n_keys;
    bool is_closed;
    enum err broken; /* new requests end so at once; ERR_NONE: it works */
    char errmsg[ERRMSG_LEN]; /* why it is broken */
    struct local *local;     /* functions of this process, and no coordinator */
};

/* As yon_connect, with a loop that must outlive it, or NULL for one of its own.
 */
enum err contact_open(struct loop *loop, const char *server, yon_client **out,
                      char *errmsg);

/* A key that no submit ever had. */
job_key contact_key(yon_client *c);

/* What is left of a client that is of no use any more. */
void contact_free(yon_client *c);

/* For pending.c: put a request in, with its req set; drop it. */
void contact_ask(yon_client *c, struct pending *p, struct op *op);
void contact_forget(yon_client *c, struct pending *p);

#endif
