/* SPDX-License-Identifier: MIT */
/* left_out - ids of the jobs whose submit was refused.
 *
 * The coordinator goes on with a job before its submit is durable, so records
 * of a refused job may still come in later batches; the store drops them.
 * A sorted array: ids come in growing order and leave from below. Pure.
 */
#ifndef LEFT_OUT_H
#define LEFT_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "coordinator/store/store.h"
#include "libcommon/ids.h"

/* Zeroed memory is empty. */
struct left_out {
    uint64_t *ids;
    size_t n, cap;
};

void left_out_fini(struct left_out *l);
void left_out_add(struct left_out *l, job_id id);
bool left_out_has(const struct left_out *l, job_id id); /* 0 never is */
/* Take back what the refusals of this report added. */
void left_out_undo(struct left_out *l, const struct store_report *report);
/* Nothing more will come about jobs below upto. */
void left_out_prune(struct left_out *l, uint64_t upto);

#endif
