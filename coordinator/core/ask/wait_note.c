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
    BARRIER_SHORT = 1 << 3,     /* its machine lacks what more would take */
    BARRIER_SLOTS = 1 << 4,
    BARRIER_CALLS = 1 << 5,
    BARRIER_NONE = 1 << 6, /* it has no slot, or no place for calls */
};

static unsigned barrier_of(const struct queue_worker *w)
{
    const struct session *s = w->session;

    if (s->draining)
        return BARRIER_DRAINING;
    if (s->gone || !s->reconciled || !s->proven || !s->recorded ||
        s->asked != 0)
        return BARRIER_AWAY;
    if (s->n_exclusive > 0 || s->emptying)
        return BARRIER_EXCLUSIVE;
    if ((w->slot ? s->slots : s->calls) == 0)
        return BARRIER_NONE;
    if (session_is_short(s, w->slot))
        return BARRIER_SHORT;
    return w->slot ? BARRIER_SLOTS : BARRIER_CALLS;
}

/* Other places may be taken as well. */
static const char *note_short(const struct session *s, unsigned all,
                              struct wait_note *note)
{
    struct view of = blob_view(s->shortage.of);

    snprintf(note->text, sizeof note->text,
             "%s fewer at once, for it is short: %.*s",
             all & (BARRIER_SLOTS | BARRIER_CALLS)
                 ? "others are busy, and a worker takes"
                 : "its worker takes",
             of.len > 120 ? 120 : (int)of.len, (const char *)of.data);
    return note->text;
}

static const char *note_no_room(const struct queue *q, struct wait_note *note)
{
    const struct session *is_short = NULL;
    unsigned all = 0;

    for (size_t i = 0; i < q->n_workers; i++) {
        unsigned barrier = barrier_of(&q->workers[i]);

        all |= barrier;
        if (barrier == BARRIER_SHORT)
            is_short = q->workers[i].session;
    }
    if (is_short != NULL)
        return note_short(is_short, all, note);
    if (all & BARRIER_SLOTS)
        return all & BARRIER_EXCLUSIVE
                   ? "slots are busy, or kept for a job that runs alone"
                   : "all slots are busy";
    if (all & BARRIER_CALLS)
        return "all places for calls are taken";
    if (all & BARRIER_EXCLUSIVE)
        return "its worker is kept for a job that runs alone";
    if (all & BARRIER_AWAY)
        return "its worker is not back yet";
    return all & BARRIER_DRAINING ? "all its workers are draining"
                                  : "no worker has a place for it: --slots 0";
}

/* ---- together ---- */

static const char *note_ready(const struct coord *c, const struct job *j,
                              struct wait_note *note)
{
    if (c->draining)
        return "the coordinator is about to end";
    if (c->recovering && j->restored)
        return "it may run on a worker that is not back yet";
    if (j->queue->n_workers == 0)
        return j->fn == NULL ? "no worker is connected"
                             : "no worker offers this function";
    return queue_pick(j->queue) == NULL ? note_no_room(j->queue, note) : "";
}

const char *wait_note_of(const struct coord *c, const struct job *j,
                         struct wait_note *note)
{
    if (j->counts.running > 0 || job_n_waiting(j) == 0)
        return "";
    return job_n_ready(j) == 0 ? note_held_back(c, j, note)
                               : note_ready(c, j, note);
}

const char *wait_note_of_elem(const struct coord *c, const struct job *j,
                              uint32_t elem, struct wait_note *note)
{
    const struct requeued *g = job_find_requeued(j, elem);

    return g != NULL && g->state != REQUEUED_READY ? note_requeued(c, g, note)
                                                   : note_ready(c, j, note);
}
