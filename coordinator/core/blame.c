/* SPDX-License-Identifier: MIT */
/* blame - who took a worker down.
 *
 * An attempt that is known to have done it, by the note its process left behind
 * or because it alone ran there, is charged with a crash; three of them end its
 * element as poisoned. When several ran there and nobody is known, or when it
 * is not known whether the only one had begun, all are suspects: each is
 * started again where nothing else runs, and when its worker has said that it
 * has it (ASSIGN with alone), so that the next crash tells. Who left a worker
 * that said goodbye, or whose culprit is known, is not blamed at all; and when
 * a worker that was taken for dead is heard again, what it was blamed for is
 * taken back.
 */
#include <stdio.h>

#include "coordinator/core/state.h"
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
    result_record(c, a->job, a, &last);
}

void blame_crash(struct coord *c, struct attempt *a, const struct outcome *o)
{
    if (is_enough(a)) {
        poison(c, a, o);
        return;
    }
    retry_end(c, a, BLAME_CRASHED, o, 0);
    /* A call that takes a slot has a process of its own. */
    a->past.suspect = !(a->slot && a->job->kind == KIND_CALL);
    a->past.blame = 0;
}

/* ---- a worker is gone ---- */

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

static struct outcome lost_outcome(const struct coord *c,
                                   const struct attempt *a,
                                   const struct session *s, const char *text)
{
    return (struct outcome){ .job = a->ref.job.n,
                             .elem = a->ref.elem,
                             .epoch = a->id.epoch,
                             .attempt = a->id.n,
                             .state = STATE_LOST,
                             .reason = view_str("lost"),
                             .message = view_str(text),
                             .worker = view_str(s->name),
                             .started_ms = a->given_ms,
                             .ended_ms = c->wall_ms };
}

static void put_blame(struct attempt *a, const struct session *s,
                      enum blame blame)
{
    if (blame != BLAME_CRASHED && blame != BLAME_SUSPECT)
        return;
    a->past.suspect = true;
    a->past.blame = a->orphan ? 0 : (uint8_t)blame; /* no process comes back */
    a->past.blamed_on = s->boot;
    a->past.blamed_tries = a->past.tries;
}

void blame_lost(struct coord *c, struct attempt *a, enum blame blame,
                const char *why)
{
    struct session *s = a->session;
    struct job *j = a->job;
    struct outcome o = lost_outcome(c, a, s, why);
    struct past past;

    if (a->unsent || job_cancel_of(j, a->ref.elem) != NULL) {
        settle_lost(c, a);
        return;
    }
    tail_stopped(c, j, a->ref.elem);
    session_unhold(s, a);
    if (job_policy(c, j).at_most_once) {
        result_record(c, j, a, &o);
        return;
    }
    if (blame == BLAME_CRASHED && is_enough(a)) {
        poison(c, a, &o);
        return;
    }
    put_blame(a, s, blame);
    retry_record(c, a, blame, &o, 0);
    past = a->past;
    o.elem = a->ref.elem;
    attempt_free(c, a);
    retry_ready(c, job_give_back(j, o.elem, &past));
}

void blame_session(struct coord *c, struct session *s, bool said_bye)
{
    uint32_t n = session_n_running(s);
    enum blame blame = BLAME_SUSPECT;
    const char *why;

    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (n == 1 && a->begun && !a->ended)
            blame = BLAME_CRASHED;
    }
    why = text_of(blame, n);
    if (said_bye) {
        blame = BLAME_LOST;
        why = "its worker went away";
    } else if (n > 0) {
        c->blamed[c->n_blamed++ % BLAMED_MAX] = s->boot;
    }
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (a->ended)
            session_unhold(s, a); /* its result is on the way to the disk */
        else
            blame_lost(c, a, blame, why);
    }
}

void blame_orphans(struct coord *c, struct session *s, bool known)
{
    enum blame blame = known ? BLAME_LOST : BLAME_SUSPECT;
    bool begun = false;
    uint32_t n = 0;

    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (!a->orphan || a->ended)
            continue;
        n++;
        begun = begun || a->begun;
    }
    if (!known && n == 1 && begun)
        blame = BLAME_CRASHED;
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        if (a->orphan && !a->ended && a->mark != c->last_mark)
            blame_lost(c, a, blame, text_of(blame, n));
        else
            a->orphan = false;
    }
}

/* ---- a worker that was taken for dead is not ---- */

static bool was_blamed(const struct coord *c, boot_id boot)
{
    for (size_t i = 0; i < c->n_blamed && i < BLAMED_MAX; i++)
        if (boot_equal(c->blamed[i], boot))
            return true;
    return false;
}

/* Whether it is no suspect any more. */
static bool forgive(struct coord *c, struct past *past, struct task_id ref,
                    const struct session *s)
{
    struct attempt was = { .ref = ref, .past = *past };
    struct outcome o = lost_outcome(c, &was, s, "its worker was away");

    if (past->blame == 0 || !boot_equal(past->blamed_on, s->boot))
        return false;
    was.past.tries = past->blamed_tries;
    retry_record(c, &was, BLAME_LOST, &o, 0);
    past->n_crashed -= past->blame == BLAME_CRASHED;
    past->blame = 0;
    return past->n_crashed == 0;
}

static void acquit_waiting(struct coord *c, struct job *j, struct list *head,
                           const struct session *s)
{
    LIST_EACH (it, save, head) {
        struct again *g = LIST_ENTRY(it, struct again, in_job);
        struct task_id ref = { .job = j->id, .elem = g->elem };
        if (!forgive(c, &g->past, ref, s))
            continue;
        g->past.suspect = false;
        if (list_is_empty(&g->in_alone))
            continue;
        retry_pull(c, g);
        retry_ready(c, g);
    }
}

void blame_acquit(struct coord *c, const struct session *s)
{
    struct attempt *a;

    if (!was_blamed(c, s->boot))
        return;
    for (size_t at = 0; (a = map_next(&c->attempts, &at)) != NULL;)
        if ((!a->ended || a->again) && forgive(c, &a->past, a->ref, s))
            session_acquit(a);
    LIST_EACH (it, save, &c->by_id) {
        struct job *j = LIST_ENTRY(it, struct job, by_id);
        acquit_waiting(c, j, &j->again, s);
        acquit_waiting(c, j, &j->apart, s);
    }
}
