/* SPDX-License-Identifier: MIT */
/* memory_jobs - the jobs of a store in memory, with all that belongs to each.
 * Pure. */
#ifndef MEMORY_JOBS_H
#define MEMORY_JOBS_H

#include "coordinator/core/model/record.h"
#include "libcommon/map.h"

struct memory_job {
    struct record job;
    struct records outcomes; /* by element */
    struct records attempts; /* by element and tries */
    struct records pieces;   /* by element, stream and offset */
    struct records cancels;  /* as they came */
    struct records end;      /* none or one */
    struct memory_job *same; /* next one whose key has this hash */
};

/* Zeroed memory is empty. */
struct memory_jobs {
    struct memory_job **at; /* by id; owned */
    size_t n, cap;
    struct map keys; /* hash of key -> first memory_job */
};

void memory_jobs_fini(struct memory_jobs *js);

/* A RECORD_JOB, which is copied; its id and its key must be new. */
void memory_jobs_add(struct memory_jobs *js, const struct record *rec);
/* Forget the job at this place, and all that belongs to it. */
void memory_jobs_remove(struct memory_jobs *js, size_t place);

/* Place of the first job whose id is not less. */
size_t memory_jobs_place(const struct memory_jobs *js, uint64_t id);
/* NULL: there is none. */
struct memory_job *memory_jobs_find(const struct memory_jobs *js, job_id id);
struct memory_job *memory_jobs_of_key(const struct memory_jobs *js,
                                      job_key key);

/* Place of the first piece of the stream that is not before the offset. */
size_t memory_job_piece(const struct memory_job *j, uint32_t elem,
                        uint8_t stream, uint64_t offset);

bool memory_job_has_ended(const struct memory_job *j);
/* Place of the first outcome whose element is not less. */
size_t memory_job_outcome(const struct memory_job *j, uint32_t elem);
/* Place of the first attempt whose element and tries are not less. */
size_t memory_job_attempt(const struct memory_job *j, uint32_t elem,
                          uint32_t tries);

#endif
