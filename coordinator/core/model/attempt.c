/* SPDX-License-Identifier: MIT */
/* attempt - the table of attempts, and the places that they take. */
#include "coordinator/core/model/attempt.h"

#include <inttypes.h>
#include <stdlib.h>

#include "coordinator/core/model/job.h"
#include "coordinator/core/model/queue.h"
#include "coordinator/core/model/session.h"
#include "coordinator/core/model/state.h"
#include "libcommon/check.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/trace.h"

/* Moves:
 *
 *   UNSENT -> GIVEN <-> BEGUN -> ENDING -> GONE
 *                            \-> REQUEUEING -> GONE
 *
 * An attempt that is cancelled before it is sent ends at once; an attempt that
 * is lost, given back or fenced is gone without an end.
 */
static const struct {
    const char *event; /* in the trace */
    unsigned next;     /* BITs */
} rules[] = {
    [ATTEMPT_UNSENT] = { "attempt-unsent", BIT(ATTEMPT_GIVEN) |
                                               BIT(ATTEMPT_ENDING) |
                                               BIT(ATTEMPT_GONE) },
    [ATTEMPT_GIVEN] = { "attempt-given",
                        BIT(ATTEMPT_GIVEN) | BIT(ATTEMPT_BEGUN) |
                            BIT(ATTEMPT_ENDING) | BIT(ATTEMPT_REQUEUEING) |
                            BIT(ATTEMPT_GONE) },
    [ATTEMPT_BEGUN] = { "attempt-begun",
                        BIT(ATTEMPT_GIVEN) | BIT(ATTEMPT_BEGUN) |
                            BIT(ATTEMPT_ENDING) | BIT(ATTEMPT_REQUEUEING) |
                            BIT(ATTEMPT_GONE) },
    [ATTEMPT_ENDING] = { "attempt-ended", BIT(ATTEMPT_GONE) },
    [ATTEMPT_REQUEUEING] = { "attempt-retried", BIT(ATTEMPT_GONE) },
    [ATTEMPT_GONE] = { "attempt-gone", 0 },
};
_Static_assert(ARRAY_LEN(rules) == ATTEMPT_STATE_COUNT, "one rule per state");

void attempt_init(struct coord *c)
{
    c->last_attempt = 1;
}

struct attempt *attempt_find(const struct coord *c, struct task_id task)
{
    return map_get(&c->attempts, task_pack(task));
}

struct attempt_id attempt_next_id(struct coord *c)
{
    return (struct attempt_id){ c->epoch, ++c->last_attempt };
}

struct attempt_key attempt_key_of(const struct attempt *a)
{
    return attempt_key_make(a->task, a->id);
}

bool attempt_is_active(const struct attempt *a)
{
    return a->state == ATTEMPT_UNSENT || attempt_is_given(a);
}

bool attempt_is_given(const struct attempt *a)
{
    return a->state == ATTEMPT_GIVEN || a->state == ATTEMPT_BEGUN;
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
    if (attempt_is_active(a))
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
    if (attempt_is_active(a))
        count_running(s, a, -1);
}

static void trace(const struct coord *c, const struct attempt *a,
                  const char *event)
{
    trace_line(c->trace, TRACE_DEBUG, event, ATTEMPT_FORMAT, ATTEMPT_ARGS(a));
}

void attempt_move(struct coord *c, struct attempt *a, enum attempt_state to)
{
    bool was_active = attempt_is_active(a);

    ASSERT(rules[a->state].next & BIT(to));
    if (a->state != to && to != ATTEMPT_GONE)
        trace(c, a, rules[to].event);
    a->state = to;
    if (!was_active || attempt_is_active(a))
        return;
    a->orphaned = false;
    if (a->session == NULL)
        return;
    count_running(a->session, a, -1);
    a->session->n_done += to != ATTEMPT_GONE;
}

void attempt_acquit(struct attempt *a)
{
    if (a->past.suspect && a->session != NULL && attempt_is_active(a))
        a->session->n_exclusive--;
    a->past.suspect = false;
}

void attempt_orphan_all(struct session *s)
{
    LIST_EACH (it, save, &s->attempts) {
        struct attempt *a = LIST_ENTRY(it, struct attempt, in_session);
        a->orphaned = attempt_is_active(a);
    }
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

    a->task = (struct task_id){ .job = j->id, .elem = elem };
    a->id = id;
    a->job = j;
    a->past = *past;
    a->given_ms = c->wall_ms;
    a->slot = queue_takes_slot(j->queue, s);
    list_init(&a->in_session);
    before = map_put(&c->attempts, task_pack(a->task), a);
    ASSERT(before == NULL);
    attempt_hold(a, s);
    if (j->started_ms == 0)
        j->started_ms = c->wall_ms;
    return a;
}

void attempt_free(struct coord *c, struct attempt *a, const char *event)
{
    if (event != NULL)
        trace(c, a, event);
    attempt_move(c, a, ATTEMPT_GONE);
    map_remove(&c->attempts, task_pack(a->task));
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
