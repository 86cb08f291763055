/* SPDX-License-Identifier: MIT */
/* worker_check - what must hold between two steps of a worker. */
#include "worker/core/worker_check.h"

#include "libcommon/check.h"
#include "worker/core/worker_lease.h"
#include "worker/core/worker_state.h"

static bool has_startable(const struct worker *w, enum attempt_place place)
{
    LIST_EACH (it, save, &w->attempts.queue[place])
        if (!LIST_ENTRY(it, struct worker_attempt, queued)->alone)
            return true;
    return false;
}

void worker_check(const struct worker *w)
{
    attempts_check(&w->attempts);
    peer_check(&w->peer);
    if (w->over)
        return;
    for (enum attempt_place place = 0; place < PLACE_COUNT; place++) {
        ASSERT(w->attempts.used[place] <= w->attempts.limit[place]);
        ASSERT_IF(worker_lease_may_start(w, place), !has_startable(w, place));
    }
    ASSERT_IF(w->attempts.n[PHASE_RUNNING] > 0, w->leased);
    ASSERT_IF(w->lapsing, !w->leased && w->attempts.n[PHASE_DYING] > 0);
    ASSERT(w->lapsing == (w->peer.state == PEER_PAUSED));
    ASSERT_IF(w->worn, w->draining);
    ASSERT_IF(w->draining, w->attempts.n[PHASE_QUEUED] == 0);
}

size_t worker_n_held(const struct worker *w)
{
    return attempts_n_held(&w->attempts);
}

uint64_t worker_n_ignored(const struct worker *w)
{
    return w->n_ignored;
}

size_t worker_list_held(const struct worker *w, struct attempt_key *out,
                        size_t max)
{
    size_t n = 0;

    LIST_EACH (it, save, &w->attempts.all) {
        const struct worker_attempt *a =
            LIST_ENTRY(it, struct worker_attempt, all);

        if (a->phase == PHASE_DYING)
            continue;
        if (n < max)
            out[n] = a->id;
        n++;
    }
    return n;
}
