/* SPDX-License-Identifier: MIT */
/* attempt - the table of attempts, and the places that they take. */
#include "coordinator/core/model/attempt.h"

#include <stdlib.h>

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "libcommon/check.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"

void attempt_init(struct coord *c)
{
    c->last_attempt = 1;
}

struct attempt *attempt_find(const struct coord *c, struct task_id ref)
{
    return map_get(&c->attempts, task_pack(ref));
}

struct attempt_id attempt_next_id(struct coord *c)
{
    return (struct attempt_id){ c->epoch, ++c->last_attempt };
}

struct attempt_key attempt_key_of(const struct attempt *a)
{
    return (struct attempt_key){ .job = a->ref.job.n,
                                 .elem = a->ref.elem,
                                 .epoch = a->id.epoch,
                                 .attempt = a->id.n };
}

static uint32_t *places_used(struct session *s, const struct attempt *a)
{
    return a->slot ? &s->slots_used : &s->calls_used;
}

/* An attempt that runs there is added, or, n = -1, taken away. */
static void count_running(struct session *s, const struct attempt *a, int n)
{
    *places_used(s, a) += (uint32_t)n;
    if (a->past.suspect)
        s->n_exclusive += (uint32_t)n;
}

void attempt_hold(struct attempt *a, struct session *s)
{
    ASSERT(a->session == NULL);
    a->session = s;
    list_insert(&s->attempts, &a->in_session);
    s->n_open++;
    s->digest ^= op_digest_attempt(attempt_key_of(a));
    if (!a->ended)
        count_running(s, a, 1);
}

void attempt_unhold(struct attempt *a)
{
    struct session *s = a->session;

    ASSERT(s != NULL);
    a->session = NULL;
    list_remove(&a->in_session);
    s->n_open--;
    s->digest ^= op_digest_attempt(attempt_key_of(a));
    if (!a->ended)
        count_running(s, a, -1);
}

void attempt_end(struct attempt *a)
{
    ASSERT(!a->ended);
    a->ended = true;
    if (a->session == NULL)
        return;
    count_running(a->session, a, -1);
    a->session->n_done++;
}

void attempt_acquit(struct attempt *a)
{
    if (a->past.suspect && a->session != NULL && !a->ended)
        a->session->n_exclusive--;
    a->past.suspect = false;
}

void attempt_orphan_all(struct session *s)
{
    LIST_EACH (it, save, &s->attempts)
        LIST_ENTRY(it, struct attempt, in_session)->orphan = true;
}

void attempt_move_all(struct session *from, struct session *to)
{
    LIST_EACH (it, save, &from->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        attempt_unhold(a);
        attempt_hold(a, to);
    }
}

struct attempt *attempt_new(struct coord *c, struct session *s, struct job *j,
                            uint32_t elem, struct attempt_id id,
                            const struct past *past)
{
    struct attempt *a = xcalloc(1, sizeof *a), *before;

    a->ref = (struct task_id){ .job = j->id, .elem = elem };
    a->id = id;
    a->job = j;
    a->past = *past;
    a->given_ms = c->wall_ms;
    a->slot = queue_takes_slot(j->queue, s);
    list_init(&a->in_session);
    before = map_put(&c->attempts, task_pack(a->ref), a);
    ASSERT(before == NULL);
    attempt_hold(a, s);
    if (j->started_ms == 0)
        j->started_ms = c->wall_ms;
    return a;
}

void attempt_free(struct coord *c, struct attempt *a)
{
    map_remove(&c->attempts, task_pack(a->ref));
    if (a->session != NULL)
        attempt_unhold(a);
    blob_unref(a->doing);
    free(a);
}

void attempt_renumber(struct coord *c, struct attempt *a)
{
    struct session *s = a->session;

    attempt_unhold(a);
    a->id.n = ++c->last_attempt;
    attempt_hold(a, s);
}

void attempts_free(struct coord *c)
{
    struct attempt *a;

    for (size_t at = 0; (a = map_next(&c->attempts, &at)) != NULL;) {
        blob_unref(a->doing);
        free(a);
    }
}
