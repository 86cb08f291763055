/* SPDX-License-Identifier: MIT */
/* worker_rig - a worker's core under test, with a coordinator's voice and a
 * trace.
 *
 * All that a step sends or wants done is written down, one line each:
 *
 *   frame EPOCH.SESSION             a frame begins; its operations follow
 *   HELLO, OFFER, HELD, BEAT ...    with what matters of them
 *   start|stop|kill|tail|untail ... acts
 *
 * Attempts are written job.elem@epoch.n.
 */
#ifndef WORKER_RIG_H
#define WORKER_RIG_H

#include "worker/core/worker.h"

struct rig {
    struct worker *worker;
    struct worker_actions
        actions; /* of the last step: drained, refused, wake */
    struct frame_reader *reader;
    struct buf trace;
    struct buf log; /* the core's own trace, when its level is set */
    int64_t now_ms;
    uint64_t epoch, session; /* what our frames say */
    uint8_t machine;      /* of the coordinator; 9: the worker's, 0: unknown */
    size_t frame_len_max; /* longest frame sent so far */
    size_t n_frames;
};

#define RIG_WALL_MS 1700000000000 /* wall clock at now_ms 0 */
#define RIG_LEASE_MS 9000
#define RIG_BEAT_MS 3000
#define RIG_GRACE_MS 2000

/* A worker "w" with these limits, not started. */
struct rig *rig_new(uint32_t slots, uint32_t calls);
/* Likewise; its pauses have no jitter. */
struct rig *rig_steady(uint32_t slots, uint32_t calls);
void rig_free(struct rig *r);

/* Events; time stands still but for rig_tick. */
void rig_step(struct rig *r, const struct worker_event *e);
void rig_start(struct rig *r);
void rig_tick(struct rig *r, int64_t now_ms);
void rig_drain(struct rig *r);
void rig_end(struct rig *r, struct attempt_key id, enum state state);
void rig_advance(struct rig *r, struct attempt_key id,
                 uint64_t done); /* of 9 */
void rig_end_with(struct rig *r, const struct outcome *outcome);

/* The coordinator says one operation in a frame of its own. */
void rig_say(struct rig *r, const struct op *op);
void rig_say_bytes(struct rig *r, const void *bytes, size_t len);
void rig_welcome(struct rig *r, uint64_t epoch, uint64_t session);
void rig_simple(struct rig *r, enum op_type type); /* without fields */
void rig_assign(struct rig *r, struct attempt_key id, enum job_kind kind);
/* A call that keeps a core busy. */
void rig_assign_cpu(struct rig *r, struct attempt_key id);
/* The same with start_ms, run_ms, idle_ms and left_ms as they are there. */
void rig_assign_limited(struct rig *r, struct attempt_key id,
                        enum job_kind kind, struct op_assign limits);
void rig_sign(struct rig *r, struct attempt_key id);
/* The shell has ended a call by force, or cannot. */
void rig_forced(struct rig *r, struct attempt_key id);
void rig_stuck(struct rig *r, struct attempt_key id);
void rig_stop(struct rig *r, struct attempt_key id);
void rig_rule(struct rig *r, struct attempt_key id, enum verdict verdict);
void rig_ack(struct rig *r, struct attempt_key id);
/* As the coordinator sees it: these are held. */
void rig_beat_ack(struct rig *r, uint64_t seq, uint64_t upto,
                  const struct attempt_key *held, size_t n);
void rig_tail_ask(struct rig *r, uint64_t tail, struct attempt_key id,
                  uint64_t offset, uint32_t max);
void rig_refuse(struct rig *r, enum err code, uint32_t retry_ms);

/* The trace since the last rig_expect is exactly this. */
void rig_expect(struct rig *r, const char *trace);
void rig_forget(struct rig *r); /* or: does not matter */
/* The core writes its own trace up to this level from now on, and the lines
 * since the last call are exactly these. */
void rig_log_from(struct rig *r, enum trace_level level);
void rig_expect_log(struct rig *r, const char *lines);
/* In session 1 of epoch 5, leased from now on, nothing held, trace empty. */
struct rig *rig_connected(uint32_t slots, uint32_t calls);
/* The same; nobody replaces its process. */
struct rig *rig_alone(uint32_t slots, uint32_t calls);
/* Likewise; so many bytes of outcomes may wait for their acks. */
struct rig *rig_holding(uint32_t slots, uint32_t calls, uint64_t bytes);

/* job.1, attempt n of epoch 5 */
struct attempt_key rig_id(uint64_t job, uint64_t n);

#endif
