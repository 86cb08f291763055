/* SPDX-License-Identifier: MIT */
/* turns - the sessions whose requests the store answers, and those that wait
 * meanwhile (READ_FAIR). */
#ifndef TURNS_H
#define TURNS_H

#include "coordinator/core/coord.h"
#include "libcommon/map.h"

struct world;

struct turns { /* of one life of the coordinator */
    uint64_t n, n_steps;
    struct map readers; /* by session */
};

void turns_begin(struct turns *t); /* a life of the coordinator */
void turns_fini(struct turns *t);
/* The session had an answer that needs no store: that was a turn, too. */
void turns_told(struct turns *t, session_id session);
/* The coordinator has made a step, and gives a->reads to the store. */
void turns_check(struct world *w, const struct coord_actions *a);

#endif
