/* SPDX-License-Identifier: MIT */
/* coord - the heart of the coordinator: one step function.
 *
 * An event goes in; out comes a list of what to persist, to send, to read, and
 * when to be woken. coord_step never blocks, suspends or calls out. Messages
 * that depend on the disk (receipts, outcomes, acks) are held back until
 * COORD_DURABLE reports the commit. Assignments leave at once. Pure.
 */
#ifndef COORD_H
#define COORD_H

#include "coordinator/core/model/step.h"

struct coord; /* model/state.h */

extern const struct coord_config coord_config_default;

/* An empty coordinator. Free with coord_free. */
struct coord *coord_new(const struct coord_config *config);
void coord_free(struct coord *c);

/* Play back one record of store_load, before COORD_START. Takes blobs out of
 * it. */
void coord_restore(struct coord *c, struct record *rec);
/* The memory that jobs take. */
uint64_t coord_n_bytes(const struct coord *c);

/* Never fails on input from outside: bad peers are answered or dropped. */
void coord_step(struct coord *c, const struct coord_event *e,
                struct coord_actions *out);

/* No step before this time gives to others what a silent worker may still run
 * (proto/lease.h). */
int64_t coord_gives_ms(const struct coord *c);

/* Free the frames, records and lines that are left, and start over; the level
 * of the trace stays. */
void coord_actions_clear(struct coord_actions *a);

#endif
