/* SPDX-License-Identifier: MIT */
/* wait_note - why a job, or an element, waits: in words. */
#include "coordinator/core/ask/wait_note.h"

#include <stdio.h>

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"

/* ---- held back ---- */

static const char *note_delayed(const struct coord *c, const struct requeued *g,
                                struct wait_note *note)
{
    int64_t ms = g->due_ms - c->now_ms;

    if (ms <= 0)
        return "waits for the retry budget";
    snprintf(note->text, sizeof note->text, "is started again in %lld s",
             (long long)((ms + 999) / 1000));
    return note->text;
}

static const char *note_requeued(const struct coord *c,
                                 const struct requeued *g,
                                 struct wait_note *note)
{
    if (g->state == REQUEUED_AT_MOST_ONCE || g->state == REQUEUED_RESTORED)
        return "it may run on a worker that is not back yet";
    if (g->state == REQUEUED_DELAYED)
        return note_delayed(c, g, note);
    return "its worker was lost: it waits to run alone on one";
}

/* Why an element is held back: the delayed one that is due first, else any. */
static const char *note_held_back(const struct coord *c, const struct job *j,
                                  struct wait_note *note)
{
    const struct requeued *best = NULL;

    LIST_EACH (it, save, &j->held_back) {
        const struct requeued *g = LIST_ENTRY(it, struct requeued, in_job);

        if (g->state == REQUEUED_AT_MOST_ONCE)
            return note_requeued(c, g, note);
        if (best == NULL ||
            (g->state == REQUEUED_DELAYED &&
             (best->state != REQUEUED_DELAYED || g->due_ms < best->due_ms)))
            best = g;
    }
    return best == NULL ? "" : note_requeued(c, best, note);
}

/* ---- no room ---- */

/* What keeps a worker from taking more; the first of the list that is true of
 * all is told. */
enum barrier {
    BARRIER_AWAY = 1 << 0,      /* its connection is lost, or new */
    BARRIER_DRAINING = 1 << 1,  /* it ends */
    BARRIER_EXCLUSIVE = 1 << 2, /* it runs, or is to run, a suspect alone */
    BARRIER_SLOTS = 1 << 3,
    BARRIER_CALLS = 1 << 4,
};

static unsigned barrier_of(const struct queue_worker *w)
{
    const struct session *s = w->session;

    if (s->draining)
        return BARRIER_DRAINING;
    if (s->gone || !s->reconciled || !s->proven || !s->recorded)
        return BARRIER_AWAY;
    if (s->n_exclusive > 0 || s->emptying)
        return BARRIER_EXCLUSIVE;
    return w->slot ? BARRIER_SLOTS : BARRIER_CALLS;
}

static const char *note_no_room(const struct queue *q)
{
    unsigned all = 0;

    for (size_t i = 0; i < q->n_workers; i++)
        all |= barrier_of(&q->workers[i]);
    if (all & BARRIER_SLOTS)
        return all & BARRIER_EXCLUSIVE
                   ? "slots are busy, or kept for a job that runs alone"
                   : "all slots are busy";
    if (all & BARRIER_CALLS)
        return "all places for calls are taken";
    if (all & BARRIER_EXCLUSIVE)
        return "its worker is kept for a job that runs alone";
    return all & BARRIER_AWAY ? "its worker is not back yet"
                              : "all its workers are draining";
}

/* ---- together ---- */

static const char *note_ready(const struct coord *c, const struct job *j)
{
    if (c->recovering && j->restored)
        return "it may run on a worker that is not back yet";
    if (j->queue->n_workers == 0)
        return j->fn == NULL ? "no worker is connected"
                             : "no worker offers this function";
    return queue_pick(j->queue) == NULL ? note_no_room(j->queue) : "";
}

const char *wait_note_of(const struct coord *c, const struct job *j,
                         struct wait_note *note)
{
    if (j->counts.running > 0 || job_n_waiting(j) == 0)
        return "";
    return job_n_ready(j) == 0 ? note_held_back(c, j, note) : note_ready(c, j);
}

const char *wait_note_of_elem(const struct coord *c, const struct job *j,
                              uint32_t elem, struct wait_note *note)
{
    const struct requeued *g = job_find_requeued(j, elem);

    return g != NULL && g->state != REQUEUED_READY ? note_requeued(c, g, note)
                                                   : note_ready(c, j);
}
