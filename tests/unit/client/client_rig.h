/* SPDX-License-Identifier: MIT */
/* client_rig - a client core on the bench: the test is the clock, the network
 * and the coordinator, and reads what the client says and hears as text.
 */
#ifndef CLIENT_RIG_H
#define CLIENT_RIG_H

#include "client/core/client.h"

#define RIG_LEASE_MS 3000
#define RIG_BEAT_MS 1000

struct rig {
    struct client *client;
    struct client_actions out;
    struct frame_reader *reader;
    int64_t now_ms;
    uint64_t epoch; /* of the frames that the coordinator sends */
    session_id session;
    struct buf said;  /* text that rig_said gave */
    struct buf heard; /* answers since rig_heard */
    struct buf text;
    struct buf log; /* the core's trace, when r->out.trace.level is set */
    /* Called for each answer, if not NULL. */
    void (*on_answer)(struct rig *r, uint64_t req, const struct op *op);
};

/* A client that has not started. */
void rig_init(struct rig *r);
/* Likewise; its pauses have no jitter. */
void rig_init_steady(struct rig *r);
void rig_fini(struct rig *r);

void rig_start(struct rig *r);
/* Start, be welcome in session 1 of epoch 1, and drop what was said. */
void rig_connect(struct rig *r);
/* Let the time be `now_ms`; ticks once. */
void rig_tick(struct rig *r, int64_t now_ms);
/* Tick whenever the client wants to be woken, until `now_ms`. */
void rig_run(struct rig *r, int64_t now_ms);
void rig_close(struct rig *r);

/* Say something to the client in a frame of its own. */
void rig_tell(struct rig *r, struct op op);
void rig_tell_bytes(struct rig *r, struct view frame);
void rig_welcome(struct rig *r, uint64_t session);
void rig_refuse(struct rig *r, uint64_t req, enum err err, uint32_t retry_ms);
void rig_receipt(struct rig *r, uint64_t req, uint64_t job);
void rig_ended(struct rig *r, uint64_t req, uint64_t job);
/* Acknowledge beat `seq` with the requests reqs[0..n) held. */
void rig_beat_ack(struct rig *r, uint64_t seq, const uint64_t *reqs, size_t n);

void rig_ask(struct rig *r, struct op op);
void rig_submit(struct rig *r, uint64_t req);       /* fresh, without await */
void rig_submit_await(struct rig *r, uint64_t req); /* fresh, with await */
void rig_await(struct rig *r, uint64_t req, uint64_t job);
void rig_forget(struct rig *r, uint64_t req);

/* What the client has sent since the last call: frames as "[epoch.session op
 * op ...]", one behind the other. Valid until the next call. */
const char *rig_said(struct rig *r);
/* How many frames wait to be sent. */
size_t rig_n_frames(const struct rig *r);
/* The answers since the last call: "req:NAME" or "req:NAME." when it is the
 * last, with blanks between. */
const char *rig_heard(struct rig *r);

#endif
