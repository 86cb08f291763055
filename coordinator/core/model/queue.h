/* SPDX-License-Identifier: MIT */
/* queue - the run queue of a function: jobs that want the same of a worker, in
 * the order of their ids, and the workers that offer it.
 *
 * One queue per function name and one for commands, so that a job nobody can
 * run holds up only its own kind.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include "libcommon/buf.h"
#include "libcommon/heap.h"
#include "libcommon/list.h"

struct coord;
struct job;
struct session;

struct queue_worker {
    struct session *session;
    bool slot; /* there it takes a slot, not the place of a call */
};

struct queue {
    struct blob *fn;  /* NULL: commands */
    struct heap jobs; /* that have something ready; lowest id first */
    struct queue_worker *workers; /* that offer it */
    size_t n_workers, cap_workers;
    struct list exclusive; /* struct requeued, to run alone; oldest first */
    struct list in_all;
};

/* The queue of this function (empty: of commands); makes it. */
struct queue *queue_get(struct coord *c, struct view fn);
void queue_free(struct queue *q); /* empty of jobs and workers */

/* Something of the job may be ready to run: into its queue, unless it has to
 * wait for the disk or for recovery. Its time limits are looked at again. */
void queue_job(struct coord *c, struct job *j);
void queue_remove(
    struct job *j); /* out of its queue; harmless when it is not */
/* Out of its queue when nothing of it is ready. */
void queue_remove_idle(struct job *j);
struct job *queue_first(const struct queue *q); /* NULL: none waits */

void queue_join(struct queue *q, struct session *s, bool slot);
void queue_leave(struct queue *q, struct session *s);
/* The worker with most room for it; NULL: none has room. */
struct session *queue_pick(const struct queue *q);
/* The worker for a suspect, which is to run alone: the least busy one,
 * preferably one that is emptying. NULL: there is none. */
struct session *queue_pick_exclusive(const struct queue *q);
/* Whether its jobs take a slot of this worker, even one that does not offer it.
 */
bool queue_takes_slot(const struct queue *q, const struct session *s);

#endif
