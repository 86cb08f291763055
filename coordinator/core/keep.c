/* SPDX-License-Identifier: MIT */
/* keep - promises are kept when the store says that they are true. */
#include <stdlib.h>

#include "coordinator/core/state.h"

/* After a full disk, how long submits are refused before one may try. */
#define FULL_PAUSE_MS 1000

void keep_add(struct coord *c, struct promise p)
{
    p.lsn = c->n_records;
    if (p.job != NULL)
        p.job->n_promises++;
    promises_add(&c->promises, p);
}

static void keep(struct coord *c, const struct promise *p)
{
    switch (p->type) {
    case PROMISE_RECEIPT:
        submit_keep(c, p);
        break;
    case PROMISE_OUTCOME:
        result_keep(c, p);
        break;
    case PROMISE_ATTEMPT:
        retry_keep(c, p);
        break;
    case PROMISE_START:
        retry_keep_start(c, p);
        break;
    case PROMISE_CANCEL:
        cancel_keep(c, p);
        break;
    case PROMISE_END:
        await_tell_end(c, p->job);
        break;
    case PROMISE_READ: {
        struct session *s = coord_session(c, p->session);
        struct ask *ask = s == NULL ? NULL : map_get(&s->asks, p->req);
        if (ask != NULL)
            await_read(c, ask, p->ref.job);
        break;
    }
    case PROMISE_IDS:
        c->ids_durable = p->ref.job.n;
        break;
    case PROMISE_WORKER: {
        struct session *s = coord_session(c, p->session);
        if (s != NULL)
            s->recorded = true;
        break;
    }
    }
}

/* A job leaves memory when it has ended, or was refused, and all was said. */
static void release(struct coord *c, struct job *j)
{
    ASSERT(j->n_promises > 0);
    if (--j->n_promises == 0 && (j->refused || job_has_ended(j)))
        job_unlink(c, j);
}

void keep_ripe(struct coord *c)
{
    struct promise p;

    while (promises_take(&c->promises, c->durable, &p)) {
        keep(c, &p);
        blob_unref(p.body);
        if (p.job != NULL)
            release(c, p.job);
    }
}

void keep_durable(struct coord *c, const struct coord_event *e)
{
    ASSERT(e->u.durable.n_records >= c->durable &&
           e->u.durable.n_records <= c->n_records);
    c->durable = e->u.durable.n_records;
    c->full = false;
    if (e->u.durable.full)
        c->full_until_ms = c->now_ms + FULL_PAUSE_MS;
    for (size_t i = 0; i < e->u.durable.n_refused; i++)
        submit_drop(c, &e->u.durable.refused[i]);
    keep_ripe(c);
}
