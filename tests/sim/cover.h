/* SPDX-License-Identifier: MIT */
/* cover - how often each kind of thing happened. A simulator finds only what
 * its workload makes: a long run without some kind is no proof.
 */
#ifndef COVER_H
#define COVER_H

#include <stdbool.h>
#include <stdint.h>

#include "client/core/client.h"
#include "coordinator/core/coord.h"
#include "proto/op.h"
#include "worker/core/worker.h"

#define FAULT_LIST(X)                                          \
    X(LINK_BREAK, "a connection breaks")                       \
    X(LINK_DEAD, "a connection dies, and nobody is told")      \
    X(BREAK_TOLD, "the coordinator hears of a break")          \
    X(BREAK_SILENT, "the coordinator hears nothing of it")     \
    X(MESSAGE_LOST, "a break loses messages under way")        \
    X(SEND_REFUSED, "a send finds no room (EAGAIN)")           \
    X(PARTITION, "a connection lets nothing through")          \
    X(SWIZZLE, "links are cut, and heal in another order")     \
    X(SLOW_MESSAGE, "a message takes very long")               \
    X(COORD_KILL, "the coordinator is killed")                 \
    X(COORD_STOP, "the coordinator is drained and stopped")    \
    X(COORD_PAUSE, "the coordinator is paused")                \
    X(WORKER_KILL, "a worker is killed")                       \
    X(WORKER_STOP, "a worker is drained and stopped")          \
    X(WORKER_PAUSE, "a worker is paused")                      \
    X(CLIENT_KILL, "a client is killed")                       \
    X(CLIENT_STOP, "a client says goodbye")                    \
    X(CLIENT_PAUSE, "a client is paused")                      \
    X(BATCH_LOST, "a crash loses the batch being written")     \
    X(BATCH_KEPT, "a crash comes after the batch was synced")  \
    X(DISK_SLOW, "a sync takes very long")                     \
    X(DISK_FULL, "the disk has no room for submits")           \
    X(DISK_STUCK, "the disk has no room for anything")         \
    X(DISK_ERROR, "a commit fails")                            \
    X(STRANGER, "a stranger sends a peer's message")           \
    X(GARBAGE, "a stranger sends garbage")                     \
    X(WALL_JUMP, "a wall clock jumps")                         \
    X(WORKER_SLEEP, "the machine of a worker sleeps")          \
    X(LATE_ACK, "a beat is acked late, then there is silence") \
    X(HANG_SEEN, "a worker sees that the coordinator hangs")   \
    X(LAPSED, "a worker ends since its lease is over")         \
    X(WORKER_CRASH, "a process of a worker crashes")           \
    X(NOTE, "its successor reports what it crashed in")        \
    X(GUARD, "a guard kills a worker whose lease is over")     \
    X(KEY_REVOKED, "the key of a worker is replaced")

enum fault {
#define FAULT_ENUM(name, text) FAULT_##name,
    FAULT_LIST(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_COUNT
};

/* The fates of attempts that fail; those of enum blame first. */
#define FATE_LIST(X)                                      \
    X(FAILED, "failed, to be tried again")                \
    X(CRASHED, "crashed, or lost alone")                  \
    X(SUSPECT, "lost, maybe guilty")                      \
    X(LOST, "lost, nobody's fault")                       \
    X(STARTED, "started, never again")                    \
    X(WANTED, "a job wants a retry")                      \
    X(REFUSED, "a job refuses all retries")               \
    X(ALONE, "a suspect is started alone")                \
    X(CHARGED, "lost alone, and charged with it")         \
    X(ACQUITTED, "a worker comes back, blame is dropped") \
    X(POISONED, "poisoned")                               \
    X(MAX_FAILS, "too many have failed, the rest ends")

enum fate {
    FATE_NONE,
#define FATE_ENUM(name, text) FATE_##name,
    FATE_LIST(FATE_ENUM)
#undef FATE_ENUM
        FATE_COUNT
};

/* Limits of the enums that index the arrays below. */
#define COVER_OPS 64
#define COVER_EVENTS 16
#define COVER_CODES 32
#define COVER_REASONS 5

/* Plain memory, so that it can be shared with a parent process. */
struct cover {
    uint64_t seeds;
    uint64_t steps;      /* of all cores */
    uint64_t virtual_ms; /* lived through */
    uint64_t jobs, outcomes;
    uint64_t ops[COVER_OPS]; /* delivered */
    uint64_t coord_events[COVER_EVENTS];
    uint64_t worker_events[COVER_EVENTS];
    uint64_t worker_acts[COVER_EVENTS];
    uint64_t client_events[COVER_EVENTS];
    uint64_t faults[FAULT_COUNT];
    uint64_t verdicts[VERDICT_KILL + 1];
    uint64_t fates[FATE_COUNT];
    uint64_t states[STATE_COUNT];         /* recorded */
    uint64_t expired[COVER_REASONS];      /* recorded, by reason */
    uint64_t ended_by[ENDED_BY_KILL + 1]; /* recorded of attempts */
    uint64_t notes;   /* noted attempts that took their process along */
    uint64_t removed; /* ended jobs and arrays */
    uint64_t waited;  /* turns of others that a session waited for */
    uint64_t refusals[COVER_CODES]; /* heard by users, by code */
};

const char *fault_text(enum fault f);

void cover_add(struct cover *sum, const struct cover *more);
void cover_print(const struct cover *c);
/* False when a kind that a long run must have never occurred; prints it. */
bool cover_is_whole(const struct cover *c);

#endif
