/* SPDX-License-Identifier: MIT */
/* random_program - its records, and the rules for each await. */
#include "tests/unit/rt/random_program.h"

#include <stdlib.h>

#include "libcommon/rt/co/coro.h"

/* ---- nodes ---- */

/* The narrowest limit that reaches the awaits of n; NULL: none. */
static const struct limit_model *narrowest(const struct node *n)
{
    const struct limit_model *found = NULL;

    for (unsigned i = 0; i < n->n_limits; i++)
        if (n->limits[i].shield >= n->shield &&
            (found == NULL || n->limits[i].at_ms < found->at_ms))
            found = &n->limits[i];
    return found;
}

void limit_note(struct node *n, int64_t at_ms, unsigned shield)
{
    n->limits[n->n_limits++] = (struct limit_model){
        .at_ms = at_ms,
        .shield = shield,
        .struck = at_ms <= yon_now_ms(),
    };
}

struct node *node_new(struct program *p, struct node *parent)
{
    struct node *n = xcalloc(1, sizeof *n);

    n->p = p;
    n->older = p->newest;
    p->newest = n;
    n->parent = parent;
    n->id = p->n_nodes++;
    n->depth = parent == NULL ? 0 : parent->depth + 1;
    rng_init(&n->rng, parent == NULL ? p->seed : rng_next(&parent->rng));
    return n;
}

bool node_has_ended(const struct node *n)
{
    if (!n->returned || n->n_deferred > 0)
        return false;
    for (const struct node *c = n->p->newest; c != NULL; c = c->older)
        if (c->parent == n && c->begun && !node_has_ended(c))
            return false;
    return true;
}

static bool limit_may_have_struck(const struct node *n)
{
    const struct limit_model *l = narrowest(n);

    return l != NULL && l->at_ms <= yon_now_ms();
}

bool is_error(int outcome)
{
    return outcome != 0 && outcome != YON_ECANCELLED;
}

/* ---- groups ---- */

/* For sure. */
static bool group_has_failed(const struct crowd *c)
{
    for (const struct node *m = c->owner->p->newest; m != NULL; m = m->older)
        if (m->crowd == c && yon_is_done(m->future) && is_error(m->outcome))
            return true;
    return c->ends;
}

static bool group_has_stopped(const struct node *n)
{
    for (const struct crowd *c = n->groups; c != NULL; c = c->outer)
        if (c->shield >= n->shield && group_has_failed(c))
            return true;
    return false;
}

static bool group_may_have_stopped(const struct node *n)
{
    for (const struct crowd *c = n->groups; c != NULL; c = c->outer)
        if (c->shield >= n->shield && c->bad)
            return true;
    return false;
}

/* Whether anybody has given a reason. */
static bool may_be_cancelled(const struct node *n)
{
    const struct crowd *c = n->crowd;

    if (n->cancel_issued || n->was_cancelled)
        return true;
    if (n->gen != NULL && (n->closing || n->parent->returned))
        return true;
    if (c != NULL &&
        (c->bad || (c->leaving && (may_be_cancelled(c->owner) ||
                                   limit_may_have_struck(c->owner) ||
                                   group_may_have_stopped(c->owner)))))
        return true;
    return n->parent != NULL && n->parent->returned &&
           may_be_cancelled(n->parent);
}

uint64_t pick(struct node *n, uint64_t limit)
{
    return rng_below(&n->rng, limit);
}

bool chance(struct node *n, unsigned percent)
{
    return pick(n, 100) < percent;
}

void node_free_future(struct node *child)
{
    if (child->future != NULL)
        MUST(child->p, !yon_is_done(child->future) || node_has_ended(child));
    yon_free(child->future);
    child->future = NULL;
}

void node_free_slots(struct node *n)
{
    for (size_t i = 0; i < N_SLOTS; i++)
        if (n->slots[i] != NULL)
            node_free_future(n->slots[i]);
}

int node_main(void *arg)
{
    struct node *n = arg;
    int code;

    MUST(n->p, !n->begun);
    n->begun = true;
    n->co = coro_current();
    code = run_ops(n, 1 + (unsigned)pick(n, 12));
    node_free_slots(n);
    if (code == 0 && chance(n, 15))
        code = YON_ELOST;
    if (is_error(code) && n->crowd != NULL)
        n->crowd->bad = true;
    MUST(n->p, !n->returned);
    MUST(n->p, n->n_limits <= 1 && n->shield == 0 && n->locks == 0);
    MUST(n->p, n->groups == NULL);
    n->was_cancelled = yon_is_cancelled();
    n->outcome = code;
    n->returned = true;
    return code;
}

struct node *node_spawn(struct node *parent, struct crowd *crowd)
{
    struct node *n = node_new(parent->p, parent);
    const struct limit_model *l = narrowest(parent);

    n->crowd = crowd;
    if (l != NULL) { /* it strikes when that of the parent does */
        limit_note(n, l->at_ms, 0);
        n->limits[0].struck = l->struck;
    }
    if (crowd != NULL && crowd->group != NULL) {
        n->parent = crowd->owner;
        n->future = yon_group_spawn(crowd->group, node_main, n);
    } else {
        n->future = yon_spawn(node_main, n);
    }
    return n;
}

bool may_spawn(const struct node *n)
{
    return n->depth < 6 && n->p->n_nodes < n->p->n_nodes_max;
}

/* ---- awaits ---- */

static bool limit_has_struck(const struct node *n)
{
    for (unsigned i = 0; i < n->n_limits; i++)
        if (n->limits[i].struck && n->limits[i].shield >= n->shield)
            return true;
    return false;
}

struct sight look(struct node *n)
{
    struct sight s = { .n_steps = ++n->p->n_steps,
                       .was_refused = coro_current()->was_refused };
    bool cancelled = yon_is_cancelled();

    MUST(n->p, !cancelled || may_be_cancelled(n));
    MUST(n->p, cancelled || !n->cancel_issued);
    MUST(n->p, cancelled || !n->was_cancelled);
    n->was_cancelled = cancelled;
    s.cancelled = (cancelled && n->shield == 0) || group_has_stopped(n);
    s.late = !s.cancelled && limit_has_struck(n);
    return s;
}

/* An await was ended by a limit: which one it was is known if only one can have
 * been it. */
static void note_timeout(struct node *n)
{
    struct limit_model *only = NULL;
    int64_t now_ms = yon_now_ms();
    unsigned n_found = 0;

    for (unsigned i = 0; i < n->n_limits; i++)
        if (n->limits[i].shield >= n->shield && n->limits[i].at_ms <= now_ms) {
            only = &n->limits[i];
            n_found++;
        }
    MUST(n->p, n_found > 0);
    if (n_found == 1)
        only->struck = true;
}

int judge(struct node *n, struct sight s, int code, bool natural)
{
    struct program *p = n->p;
    bool cancelled =
        (yon_is_cancelled() && n->shield == 0) || group_may_have_stopped(n);

    if (s.cancelled) {
        MUST(p, code == YON_ECANCELLED);
        return code;
    }
    if (s.late) {
        MUST(p, code == YON_ETIMEOUT || code == YON_ECANCELLED);
        MUST(p, code == YON_ETIMEOUT || cancelled);
        return code;
    }
    if (natural)
        return 0;
    MUST(p, code == YON_ECANCELLED || code == YON_ETIMEOUT);
    if (code == YON_ECANCELLED)
        MUST(p, cancelled);
    else
        note_timeout(n);
    return code;
}

int judge_quick(struct node *n, struct sight s, int code, bool natural)
{
    if ((s.cancelled || s.late) && !s.was_refused)
        MUST(n->p, s.n_steps == n->p->n_steps);
    return judge(n, s, code, natural);
}

/* ---- rest ---- */

/* A group ends all when one has failed; when it is left, also when its owner is
 * stopped. */
static bool crowd_must_end(const struct crowd *c);

static bool must_be_cancelled(const struct node *n)
{
    const struct node *parent = n->parent;

    if (n->cancel_issued || (n->crowd != NULL && crowd_must_end(n->crowd)))
        return true;
    /* One that rests in a yield when it is closed ends by itself. */
    if (n->gen != NULL && ((n->closing && !n->returned) || parent->returned))
        return true;
    return parent != NULL && parent->returned &&
           (parent->was_cancelled || must_be_cancelled(parent));
}

static bool crowd_must_end(const struct crowd *c)
{
    if (c->ends || (c->group != NULL && group_has_failed(c)))
        return true;
    if (!c->leaving)
        return false;
    return limit_has_struck(c->owner) || group_has_stopped(c->owner) ||
           (c->owner->shield == 0 && must_be_cancelled(c->owner));
}

static void check_rest_of(struct node *n)
{
    bool must_end = must_be_cancelled(n);

    if (n->returned || (!n->begun && (n->gen != NULL || n->closing)))
        return;
    MUST(n->p, n->begun && !n->prompt);
    if (!n->begun)
        return;
    MUST(n->p, !must_end || coro_is_cancelled(n->co));
    MUST(n->p, !must_end || n->shield > 0 || n->patient);
    MUST(n->p, !limit_has_struck(n) || n->patient);
    MUST(n->p, !group_has_stopped(n) || n->patient);
}

static void check_rest_of_channel(struct program *p, struct channel_model *c)
{
    size_t n_inside = 0;

    for (intptr_t i = 0; i < c->n_values; i++)
        n_inside += c->state[i] == VALUE_PUT && !c->received[i];
    MUST(p, c->n_getting == 0 || (n_inside == 0 && c->n_putting == 0));
    MUST(p, c->n_putting == 0 || n_inside == c->capacity);
}

void check_rest(struct program *p)
{
    for (struct node *n = p->newest; n != NULL; n = n->older)
        check_rest_of(n);
    for (size_t i = 0; i < N_CHANNELS; i++)
        check_rest_of_channel(p, &p->channels[i]);
    MUST(p, p->n_in_event == 0 || !yon_event_is_set(p->event));
}
