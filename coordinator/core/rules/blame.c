/* SPDX-License-Identifier: MIT */
/* blame - crashes are charged, and charges taken back. */
#include "coordinator/core/rules/blame.h"

#include <stdio.h>

#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/own_outcome.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/rules/element.h"
#include "libcommon/map.h"
#include "libcommon/trace.h"
#include "proto/bounds.h"

#define CRASHES_MAX 3

static bool is_enough(struct attempt *a)
{
    return ++a->past.n_crashed >= CRASHES_MAX;
}

static void poison(struct coord *c, struct attempt *a, const struct outcome *o)
{
    char text[TEXT_LEN_MAX];
    struct outcome last = *o;
    int len = snprintf(text, sizeof text,
                       "%d crashes of its own, the last: %.*s", CRASHES_MAX,
                       (int)o->message.len, (const char *)o->message.data);

    last.state = STATE_FAILED;
    last.reason = view_str("poisoned");
    last.message = view_of(text, (size_t)len < sizeof text ? (size_t)len
                                                           : sizeof text - 1);
    element_end(c, a->job, a, &last);
}

void blame_crash(struct coord *c, struct attempt *a, const struct outcome *o)
{
    if (is_enough(a)) {
        poison(c, a, o);
        return;
    }
    element_end_attempt(c, a, BLAME_CRASHED, o, 0);
    /* A call that takes a slot has a process of its own. */
    a->past.suspect = !(a->slot && a->job->kind == KIND_CALL);
    a->past.blame = 0;
}

bool blame_charge(struct coord *c, struct attempt *a, enum blame blame,
                  const struct session *s, const struct outcome *o)
{
    if (blame != BLAME_CRASHED && blame != BLAME_SUSPECT)
        return false;
    if (blame == BLAME_CRASHED && is_enough(a)) {
        poison(c, a, o);
        return true;
    }
    a->past.suspect = true;
    a->past.blame =
        a->orphaned ? 0 : (uint8_t)blame; /* no process comes back */
    a->past.blamed_on = s->boot;
    a->past.blamed_tries = a->past.tries;
    return false;
}

/* ---- a worker that was taken for dead is not ---- */

void blame_note(struct coord *c, const struct session *s)
{
    c->blamed[c->n_blamed++ % BLAMED_MAX] = s->boot;
}

static bool was_blamed(const struct coord *c, boot_id boot)
{
    for (size_t i = 0; i < c->n_blamed && i < BLAMED_MAX; i++)
        if (boot_equal(c->blamed[i], boot))
            return true;
    return false;
}

/* Whether it is no suspect any more. */
static bool forgive(struct coord *c, struct past *past, struct task_id task,
                    const struct session *s)
{
    struct attempt was = { .task = task, .past = *past };
    struct outcome o = own_outcome_lost(c, &was, s, "its worker was away");

    if (past->blame == 0 || !boot_equal(past->blamed_on, s->boot))
        return false;
    was.past.tries = past->blamed_tries;
    element_record_attempt(c, &was, BLAME_LOST, &o, 0);
    past->n_crashed -= past->blame == BLAME_CRASHED;
    past->blame = 0;
    return past->n_crashed == 0;
}

static void acquit_waiting(struct coord *c, struct job *j, struct list *head,
                           const struct session *s)
{
    LIST_EACH (it, save, head) {
        struct requeued *g = LIST_ENTRY(it, struct requeued, in_job);
        struct task_id task = { .job = j->id, .elem = g->elem };
        if (!forgive(c, &g->past, task, s))
            continue;
        g->past.suspect = false;
        if (g->state != REQUEUED_EXCLUSIVE)
            continue;
        requeue_pull(c, g);
        requeue_ready(c, g);
    }
}

void blame_acquit(struct coord *c, const struct session *s)
{
    struct attempt *a;

    if (!was_blamed(c, s->boot))
        return;
    trace_line(c->trace, TRACE_INFO, "worker-acquitted", "worker=%s effect=%s",
               s->name, "what ran there is not blamed for its loss");
    for (size_t at = 0; (a = map_next(&c->attempts, &at)) != NULL;)
        if (a->state != ATTEMPT_ENDING && forgive(c, &a->past, a->task, s))
            attempt_acquit(a);
    LIST_EACH (it, save, &c->by_id) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        acquit_waiting(c, j, &j->requeued, s);
        acquit_waiting(c, j, &j->held_back, s);
    }
}
