/* SPDX-License-Identifier: MIT */
/* worker_lost - each attempt of a lost worker is requeued, blamed or ended, and
 * one line tells the cost. */
#include "coordinator/core/rules/worker_lost.h"

#include <inttypes.h>

#include "coordinator/core/ask/log_tail.h"
#include "coordinator/core/model/attempt.h"
#include "coordinator/core/model/job.h"
#include "coordinator/core/model/own_outcome.h"
#include "coordinator/core/model/record.h"
#include "coordinator/core/model/requeue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "coordinator/core/rules/blame.h"
#include "coordinator/core/rules/element.h"
#include "libcommon/trace.h"

static const char *text_of(enum blame blame, uint32_t n)
{
    if (blame == BLAME_LOST)
        return "its worker was taken down by another job";
    if (blame == BLAME_CRASHED)
        return "its worker was lost while nothing else ran there";
    if (n == 1)
        return "its worker was lost, maybe before it had begun";
    return "its worker was lost while others ran there as well";
}

/* What a worker runs is not blamed for the loss of a worker that left, or that
 * was about to: its machine was taken away, and nobody can tell more. */
static const char *text_of_leaving(const struct session *s,
                                   enum worker_loss how)
{
    if (how == WORKER_LEFT)
        return "its worker went away";
    return s->draining ? "its worker was asked to end, and went away" : NULL;
}

static const char *blame_name(enum blame blame)
{
    if (blame == BLAME_CRASHED)
        return "crashed";
    return blame == BLAME_SUSPECT ? "suspect" : "none";
}

/* The cost of a loss. */
struct toll {
    uint32_t attempts, requeued, ended, blamed;
};

/* A running attempt will never report. */
static void lose(struct coord *c, struct attempt *a, enum blame blame,
                 const char *why, struct toll *toll)
{
    struct session *s = a->session;
    struct job *j = a->job;
    struct outcome o = own_outcome_lost(c, a, s, why);
    bool is_cancelled = job_cancel_of(j, a->task.elem) != NULL;
    struct past past;

    trace_line(c->trace, TRACE_DEBUG, "attempt-lost",
               ATTEMPT_FORMAT " blame=%s reason=%s", ATTEMPT_ARGS(a),
               blame_name(blame), why);
    toll->attempts++;
    if (a->state == ATTEMPT_UNSENT || is_cancelled) {
        toll->ended += is_cancelled;
        toll->requeued += !is_cancelled;
        element_give_back(c, a);
        return;
    }
    log_tail_stopped(c, j, a->task.elem);
    attempt_unhold(a);
    if (job_policy(j)->at_most_once) {
        toll->ended++;
        element_end(c, j, a, &o);
        return;
    }
    toll->blamed += blame == BLAME_CRASHED || blame == BLAME_SUSPECT;
    if (blame_charge(c, a, blame, s, &o)) {
        toll->ended++;
        return;
    }
    toll->requeued++;
    element_record_attempt(c, a, blame, &o, 0);
    past = a->past;
    o.elem = a->task.elem;
    attempt_free(c, a, NULL);
    requeue_ready(c, job_give_back(j, o.elem, &past));
}

void worker_lost_attempt(struct coord *c, struct attempt *a, const char *why)
{
    struct toll toll = { 0 };

    lose(c, a, BLAME_LOST, why, &toll);
}

static void trace_loss(const struct coord *c, const struct session *s,
                       enum trace_level level, const char *event,
                       const char *reason, const struct toll *toll)
{
    trace_line(c->trace, level, event,
               "worker=%s session=%" PRIu64
               " reason=%s attempts=%u requeued=%u ended=%u blamed=%u",
               s->name, s->id.n, reason, toll->attempts, toll->requeued,
               toll->ended, toll->blamed);
}

void worker_lost_session(struct coord *c, struct session *s,
                         enum worker_loss how)
{
    uint32_t n = session_n_running(s);
    enum blame blame = BLAME_SUSPECT;
    struct toll toll = { 0 };
    const char *why = text_of_leaving(s, how);

    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (n == 1 && a->state == ATTEMPT_BEGUN)
            blame = BLAME_CRASHED;
    }
    if (why != NULL) {
        blame = BLAME_LOST;
    } else {
        why = text_of(blame, n);
        if (n > 0)
            blame_note(c, s);
    }
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (attempt_is_active(a))
            lose(c, a, blame, why, &toll);
        else
            attempt_unhold(a); /* its result is on the way to the disk */
    }
    if (how == WORKER_LEFT)
        trace_loss(c, s, TRACE_INFO, "worker-left", "said goodbye", &toll);
    else if (how == WORKER_SILENT)
        trace_loss(c, s, TRACE_WARN, "worker-lost",
                   "no word from it for a whole lease", &toll);
}

void worker_lost_orphans(struct coord *c, struct session *s, bool known)
{
    enum blame blame = known ? BLAME_LOST : BLAME_SUSPECT;
    struct toll toll = { 0 };
    bool begun = false;
    uint32_t n = 0;

    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        n += a->orphaned;
        begun |= a->orphaned && a->state == ATTEMPT_BEGUN;
    }
    if (!known && n == 1 && begun)
        blame = BLAME_CRASHED;
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (a->orphaned && a->mark != c->last_mark)
            lose(c, a, blame, text_of(blame, n), &toll);
        else
            a->orphaned = false;
    }
    if (s->succeeds)
        trace_loss(c, s, TRACE_WARN, "worker-lost",
                   "its process died, and another has taken its place", &toll);
    s->succeeds = false;
}
