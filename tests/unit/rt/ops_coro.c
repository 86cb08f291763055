/* SPDX-License-Identifier: MIT */
/* ops_coro - operations of random programs: coroutines and crowds of them. */
#include "tests/unit/rt/random_program.h"

static void cancel(struct node *n)
{
    if (n->future == NULL)
        return;
    if (!yon_is_done(n->future))
        n->cancel_issued = true;
    yon_cancel(n->future);
}

/* One that n may await or cancel; NULL: there is none. */
static struct node *find_node(struct node *n, unsigned first_id)
{
    struct program *p = n->p;
    unsigned id = (unsigned)pick(n, p->n_nodes);

    for (struct node *m = p->newest; m != NULL; m = m->older)
        if (m->id <= id && m->id >= first_id && m->future != NULL)
            return m;
    return NULL;
}

int op_spawn(struct node *n)
{
    size_t i = pick(n, N_SLOTS);

    if (!may_spawn(n))
        return 0;
    if (n->crowd != NULL && n->crowd->group != NULL && chance(n, 30)) {
        node_spawn(n, n->crowd); /* members add members */
        return 0;
    }
    if (n->slots[i] != NULL)
        node_free_future(n->slots[i]);
    n->slots[i] = node_spawn(n, NULL);
    return 0;
}

/* Whether awaiting m may have said so. */
static bool is_outcome(const struct node *m, int code)
{
    return node_has_ended(m) && code == m->outcome;
}

/* It is refused, instead of never ending. */
static int await_oneself(struct node *n)
{
    struct sight s = look(n);
    int code = yon_await(n->future);

    return judge_quick(n, s, code, code == YON_ESTATE);
}

int op_await(struct node *n)
{
    struct node *m = find_node(n, n->id + 1);
    int64_t ms = chance(n, 20) ? 0 : LONG_MS, start_ms = yon_now_ms();
    struct sight s;
    int code;

    if (n->future != NULL && chance(n, 5))
        return await_oneself(n);
    if (m == NULL || n->locks > 0)
        return 0;
    s = look(n);
    n->prompt = ms == 0;
    code = ms > 0 && chance(n, 50) ? yon_await(m->future)
                                   : yon_await_for(m->future, ms);
    n->prompt = false;
    return judge_quick(
        n, s, code,
        is_outcome(m, code) ||
            (code == YON_ETIMEOUT && ms == 0 && yon_now_ms() - start_ms >= ms));
}

/* The futures of the slots, as far as there are any. */
static void collect(const struct node *n, yon_future *fs[N_SLOTS])
{
    for (size_t i = 0; i < N_SLOTS; i++)
        fs[i] = n->slots[i] == NULL ? NULL : n->slots[i]->future;
}

/* The first error in order, if all have ended. */
static bool is_outcome_of_all(const struct node *n, int code)
{
    int first = 0;

    for (size_t i = 0; i < N_SLOTS; i++) {
        if (n->slots[i] == NULL)
            continue;
        if (!node_has_ended(n->slots[i]))
            return false;
        if (first == 0)
            first = n->slots[i]->outcome;
    }
    return code == first;
}

int op_all(struct node *n)
{
    yon_future *fs[N_SLOTS];
    struct sight s;
    size_t which = N_SLOTS;
    int code;

    if (n->locks > 0)
        return 0;
    collect(n, fs);
    s = look(n);
    if (chance(n, 50)) {
        code = yon_all(fs, N_SLOTS);
        return judge_quick(n, s, code, is_outcome_of_all(n, code));
    }
    code = yon_all_ok(fs, N_SLOTS, &which);
    return judge_quick(n, s, code,
                       which < N_SLOTS ? is_outcome(n->slots[which], code)
                                       : code == 0 && is_outcome_of_all(n, 0));
}

int op_any(struct node *n)
{
    yon_future *fs[N_SLOTS], *taken = NULL;
    struct sight s;
    size_t which = N_SLOTS;
    bool takes = chance(n, 50), found;
    int code;

    if (n->locks > 0)
        return 0;
    collect(n, fs);
    s = look(n);
    code = takes ? yon_each(fs, N_SLOTS, &which, &taken)
                 : yon_any(fs, N_SLOTS, &which);
    found = code == 0 && node_has_ended(n->slots[which]);
    code = judge_quick(n, s, code, found || code == YON_EEXHAUSTED);
    if (found && takes) {
        MUST(n->p, taken == n->slots[which]->future);
        node_free_future(n->slots[which]);
        n->slots[which] = NULL;
    }
    return code;
}

static void cancel_group(struct crowd *c)
{
    c->bad = c->ends = true;
    yon_group_cancel(c->group);
}

int op_cancel(struct node *n)
{
    struct node *m = find_node(n, 0);

    if (n->crowd != NULL && n->crowd->group != NULL && chance(n, 10)) {
        cancel_group(n->crowd); /* of oneself, its owner and siblings */
        return 0;
    }
    if (m == NULL)
        return 0;
    cancel(m);
    if (chance(n, 30))
        cancel(m); /* harmless twice */
    return 0;
}

int op_let_go(struct node *n)
{
    size_t i = pick(n, N_SLOTS);
    struct node *m = n->slots[i];

    if (m == NULL)
        return 0;
    n->slots[i] = NULL;
    if (chance(n, 50)) {
        node_free_future(m);
        return 0;
    }
    yon_detach(m->future);
    m->future = NULL;
    m->parent = NULL;
    return 0;
}

/* ---- crowds ---- */

static bool is_outcome_of_crowd(const struct crowd *c, int code)
{
    bool any = false, has_failed = false;

    for (const struct node *m = c->owner->p->newest; m != NULL; m = m->older) {
        if (m->crowd != c || !is_error(m->outcome))
            continue;
        has_failed = true;
        any = any || m->outcome == code;
    }
    return has_failed ? any : code == (c->ends ? YON_ECANCELLED : 0);
}

/* All of it has ended; its futures are freed. */
static void crowd_dissolve(struct crowd *c)
{
    for (struct node *m = c->owner->p->newest; m != NULL; m = m->older)
        if (m->crowd == c) {
            MUST(m->p, node_has_ended(m));
            m->future = NULL;
            m->crowd = NULL;
            m->cancel_issued = m->cancel_issued || c->bad;
        }
}

int op_group(struct node *n)
{
    struct crowd c = { .owner = n, .outer = n->groups, .shield = n->shield };
    unsigned n_members = (unsigned)pick(n, 4);
    struct sight s;
    int ran, code;

    if (!may_spawn(n) || n->locks > 0)
        return 0;
    c.group = yon_group_enter();
    n->groups = &c;
    for (unsigned i = 0; i < n_members; i++)
        node_spawn(n, &c);
    ran = run_ops(n, (unsigned)pick(n, 3));
    if (chance(n, 15))
        cancel_group(&c);
    n->groups = c.outer;
    s = look(n);
    c.leaving = true;
    n->patient = true;
    code = yon_group_leave(c.group);
    n->patient = false;
    code = judge(n, s, code, is_outcome_of_crowd(&c, code));
    crowd_dissolve(&c);
    /* What the group has stopped goes on. */
    return ran != 0 && ran != YON_ECANCELLED ? ran : code;
}

struct stream {
    struct node *owner;
    struct crowd crowd;
    size_t n_taken, n_started, n_under_way, window;
};

static yon_future *stream_start(void *arg, size_t i)
{
    struct stream *s = arg;
    struct node *n = s->owner;

    MUST(n->p, i == s->n_started);
    s->n_started++;
    if (!may_spawn(n) || chance(n, 20))
        return NULL;
    s->n_under_way++;
    MUST(n->p, s->n_under_way <= s->window);
    return node_spawn(n, &s->crowd)->future;
}

static int stream_take(void *arg, size_t i, yon_future *f)
{
    struct stream *s = arg;
    struct node *n = s->owner;

    s->n_under_way--;
    s->n_taken++;
    MUST(n->p, i < s->n_started && yon_is_done(f));
    for (struct node *m = n->p->newest; m != NULL; m = m->older)
        if (m->future == f)
            m->future = NULL; /* the engine frees it */
    if (!chance(n, 10))
        return 0;
    s->crowd.bad = s->crowd.ends = true;
    return YON_EFULL;
}

int op_each_of(struct node *n)
{
    struct stream st = { .owner = n, .window = 1 + pick(n, 3) };
    size_t n_items = pick(n, 6);
    struct sight s;
    int code;

    if (!may_spawn(n) || n->locks > 0)
        return 0;
    st.crowd.owner = n;
    st.crowd.leaving = true;
    s = look(n);
    n->patient = true;
    code = yon_each_of(n_items, st.window, stream_start, stream_take, &st);
    n->patient = false;
    MUST(n->p, code != 0 || (st.n_started == n_items && st.n_under_way == 0));
    code = judge(n, s, code, code == 0 || (code == YON_EFULL && st.crowd.bad));
    crowd_dissolve(&st.crowd);
    return code;
}
