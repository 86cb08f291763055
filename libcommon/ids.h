/* SPDX-License-Identifier: MIT */
/* ids - identities of jobs, attempts, processes and sessions. Pure.
 *
 * Structs of one field, so that one kind is never passed for another.
 */
#ifndef IDS_H
#define IDS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A job or an array; given by the coordinator, counts from 1. 0: none. */
typedef struct {
    uint64_t n;
} job_id;

/* One accepted HELLO; never resumed. 0: none. */
typedef struct {
    uint64_t n;
} session_id;

/* One connection as the transport names it; never reused while it is known. */
typedef struct {
    uint64_t n;
} conn_id;

/* A process of a peer: random, made at its start. */
typedef struct {
    uint8_t bytes[16];
} boot_id;

/* Makes a submit idempotent. Random, or a hash of the user's own key. */
typedef struct {
    uint8_t bytes[16];
} job_key;

#define JOB_ID_MAX ((UINT64_C(1) << 39) - 1)
/* Elements of an array count from 1; a single job is element 1 of itself. */
#define ELEM_MAX ((UINT32_C(1) << 24) - 1)

/* One unit of work: a job, or an element of an array. */
struct task_id {
    job_id job;
    uint32_t elem; /* 1 .. ELEM_MAX */
};

/* One start of one task. The fence: only the current one may report. Ordered by
 * epoch, then n. n grows through the whole life of a coordinator. */
struct attempt_id {
    uint64_t epoch;
    uint64_t n;
};

/* A task as one positive number, in the order of job and element. */
static inline uint64_t task_pack(struct task_id ref)
{
    return ref.job.n << 24 | ref.elem;
}

static inline struct task_id task_unpack(uint64_t packed)
{
    return (struct task_id){ .job = { packed >> 24 },
                             .elem = (uint32_t)(packed & ELEM_MAX) };
}

static inline bool attempt_equal(struct attempt_id a, struct attempt_id b)
{
    return a.epoch == b.epoch && a.n == b.n;
}

static inline bool boot_equal(boot_id a, boot_id b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

static inline bool boot_is_zero(boot_id a)
{
    return boot_equal(a, (boot_id){ 0 });
}

static inline bool key_equal(job_key a, job_key b)
{
    return memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

#endif
