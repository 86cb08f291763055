/* SPDX-License-Identifier: MIT */
/* turns - whose requests the coordinator lets the store answer, and who waits
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

void turns_begin(struct turns *t); /* a life */
void turns_fini(struct turns *t);
/* In this step it is told what needs no store: that was a turn, too. */
void turns_told(struct turns *t, session_id session);
/* The coordinator has made a step, and these are given to the store. */
void turns_check(struct world *w, const struct coord_actions *a);

#endif
