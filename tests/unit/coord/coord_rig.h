/* SPDX-License-Identifier: MIT */
/* coord_rig - a coordinator's core with a store in memory and peers made of
 * text.
 *
 * Operations go in as structs; what the core sends is written down as lines,
 * one an operation: "7 ASSIGN 1.1 fence 1.2". Records are durable only after
 * rig_sync. */
#ifndef COORD_RIG_H
#define COORD_RIG_H

#include "coordinator/core/coord.h"
#include "coordinator/store/store.h"

struct rig {
    struct coord_config config; /* of the lives that begin from now on */
    struct coord *core;
    struct coord_actions actions;
    struct store *store;
    struct frame_reader *reader;
    struct records pending; /* handed over, not durable */
    uint64_t n_durable;
    int64_t now_ms;
    int64_t wall_ms; /* what the wall clock shows beyond that */
    uint64_t epoch;
    uint64_t hello_seq;
    uint8_t former; /* boot that workers say they have taken the place of */
    uint64_t session[10];    /* by connection, from WELCOME */
    struct principal by[10]; /* whose key each connection has */
    struct policy policy;    /* of what rig_submit submits from now on */
    struct buf said, told;
    struct buf log, logged; /* the core's own trace, when its level is set */
    uint32_t tries;         /* of the last ASSIGN */
    char message[1024];     /* of the last ENDED ... */
    struct buf body;        /* ... and this */
};

/* For cmocka: *state is a rig with a client at connection 1. */
int rig_set_up(void **state);
int rig_tear_down(void **state);

void rig_init(struct rig *r);
void rig_fini(struct rig *r);
/* kill -9: what is not durable is gone; a new life begins on the same store. */
void rig_crash(struct rig *r);

/* Peers: connections are numbers below 10. */
void rig_hello_client(struct rig *r, unsigned conn);
/* A worker that offers `slots`, 10 calls, the function "f" and "c", which takes
 * a slot; it holds `held`. */
void rig_hello_worker(struct rig *r, unsigned conn, const char *name,
                      uint8_t boot, uint32_t slots,
                      const struct attempt_key *held, size_t n_held);
/* The worker of most conversations: "w" of boot 1 at connection 7, with two
 * slots and nothing held, known to the store. */
void rig_worker(struct rig *r);
struct attempt_key rig_held(uint64_t job, uint32_t elem, uint64_t epoch,
                            uint64_t n);
/* Only the HELLO: its sender is dead. */
void rig_hello_late(struct rig *r, unsigned conn, const char *name,
                    uint8_t boot);
void rig_op(struct rig *r, unsigned conn, struct op op);
void rig_ops(struct rig *r, unsigned conn, const struct op *ops, size_t n);
void rig_gone(struct rig *r, unsigned conn);
/* Lines of this level and above are kept from now on. */
void rig_log_from(struct rig *r, enum trace_level level);
/* What was written since the last time; valid until the next. */
const char *rig_log(struct rig *r);
void rig_pass(struct rig *r, int64_t ms);  /* time goes by, with ticks */
void rig_sleep(struct rig *r, int64_t ms); /* ... and one tick, too late */
void rig_sync(struct rig *r);              /* commit, and answer reads */
void rig_read(struct rig *r);              /* answer reads, commit nothing */
void rig_full(struct rig *r);              /* the disk, until rig_sync */
void rig_drain(struct rig *r);
void rig_revoke(struct rig *r, uint32_t principal);

/* Submits under req: key is made of `key` (0: of req, and fresh). */
void rig_submit(struct rig *r, unsigned conn, uint64_t req, uint32_t n,
                uint8_t key, const char *spec, bool await);
void rig_call(struct rig *r, unsigned conn, uint64_t req, const char *fn);
void rig_result(struct rig *r, unsigned conn, uint64_t job, uint32_t elem,
                uint64_t epoch, uint64_t attempt, enum state state);

/* Everything said since the last time, as text; valid until the next call. */
const char *rig_said(struct rig *r);

#endif
