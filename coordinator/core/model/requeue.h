/* SPDX-License-Identifier: MIT */
/* requeue - elements that were started before wait for another start, as their
 * enum requeued_state (job.h) says. */
#ifndef REQUEUE_H
#define REQUEUE_H

#include <stdint.h>

struct coord;
struct job;
struct requeued;

void requeue_init(struct coord *c);
/* It may be taken at once; a suspect, by a worker that runs nothing else. */
void requeue_ready(struct coord *c, struct requeued *g);
/* Not to be taken before due_ms. */
void requeue_delayed(struct coord *c, struct requeued *g, int64_t due_ms);
/* The delayed one that is due first; NULL: none is delayed. */
struct requeued *requeue_next(const struct coord *c);
/* Make it READY, whatever it waits for. */
void requeue_pull(struct coord *c, struct requeued *g);
void requeue_pull_range(struct coord *c, struct job *j, uint32_t first,
                        uint32_t last);

#endif
