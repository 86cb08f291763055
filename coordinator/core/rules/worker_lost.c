/* SPDX-License-Identifier: MIT */
/* worker_lost - each attempt of a lost worker: requeued, charged, or ended. */
#include "coordinator/core/rules/worker_lost.h"

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

static const char *text_of(enum blame blame, uint32_t n)
{
    if (blame == BLAME_LOST)
        return "another one took their worker down";
    if (blame == BLAME_CRASHED)
        return "its worker was lost while nothing else ran there";
    if (n == 1)
        return "its worker was lost, maybe before it had begun";
    return "its worker was lost while others ran there as well";
}

void worker_lost_attempt(struct coord *c, struct attempt *a, enum blame blame,
                         const char *why)
{
    struct session *s = a->session;
    struct job *j = a->job;
    struct outcome o = own_outcome_lost(c, a, s, why);
    struct past past;

    if (a->state == ATTEMPT_UNSENT || job_cancel_of(j, a->ref.elem) != NULL) {
        element_give_back(c, a);
        return;
    }
    log_tail_stopped(c, j, a->ref.elem);
    attempt_unhold(a);
    if (job_policy(j)->at_most_once) {
        element_end(c, j, a, &o);
        return;
    }
    if (blame_charge(c, a, blame, s, &o))
        return;
    element_record_attempt(c, a, blame, &o, 0);
    past = a->past;
    o.elem = a->ref.elem;
    attempt_free(c, a);
    requeue_ready(c, job_give_back(j, o.elem, &past));
}

void worker_lost_session(struct coord *c, struct session *s, bool said_bye)
{
    uint32_t n = session_n_running(s);
    enum blame blame = BLAME_SUSPECT;
    const char *why;

    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (n == 1 && a->state == ATTEMPT_BEGUN)
            blame = BLAME_CRASHED;
    }
    why = text_of(blame, n);
    if (said_bye) {
        blame = BLAME_LOST;
        why = "its worker went away";
    } else if (n > 0) {
        blame_note(c, s);
    }
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (attempt_is_active(a))
            worker_lost_attempt(c, a, blame, why);
        else
            attempt_unhold(a); /* its result is on the way to the disk */
    }
}

void worker_lost_orphans(struct coord *c, struct session *s, bool known)
{
    enum blame blame = known ? BLAME_LOST : BLAME_SUSPECT;
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
            worker_lost_attempt(c, a, blame, text_of(blame, n));
        else
            a->orphaned = false;
    }
}
