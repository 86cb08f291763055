/* SPDX-License-Identifier: MIT */
/* lane - jobs that want the same of a worker, in the order of their ids.
 *
 * One lane per function name and one for commands, so that a job nobody can run
 * holds up only its own kind. Pure.
 */
#ifndef LANE_H
#define LANE_H

#include "libcommon/buf.h"
#include "libcommon/heap.h"
#include "libcommon/list.h"

struct job;
struct session;

struct lane_worker {
    struct session *session;
    bool slot; /* there it takes a slot, not the place of a call */
};

struct lane {
    struct blob *fn;             /* NULL: commands */
    struct heap jobs;            /* with something waiting; lowest id first */
    struct lane_worker *workers; /* that offer it */
    size_t n_workers, cap_workers;
    struct list alone; /* struct again: to be started alone; oldest first */
    struct list in_all;
};

struct lane *lane_new(struct view fn);          /* empty: commands */
void lane_free(struct lane *l);                 /* empty of jobs and workers */
void lane_queue(struct lane *l, struct job *j); /* harmless when it is there */
void lane_unqueue(struct lane *l, struct job *j);
struct job *lane_first(const struct lane *l); /* NULL: none waits */
void lane_join(struct lane *l, struct session *s, bool slot);
void lane_leave(struct lane *l, struct session *s);
/* The worker with most room for it; NULL: none has room. */
struct session *lane_pick(const struct lane *l);
/* The worker for one that is to run alone: the one that runs least, of these
 * the one that is emptying; NULL: there is none. */
struct session *lane_pick_alone(const struct lane *l);
/* Whether it takes a slot of this worker, also when that does not offer it. */
bool lane_takes_slot(const struct lane *l, const struct session *s);

#endif
