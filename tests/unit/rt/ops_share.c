/* SPDX-License-Identifier: MIT */
/* ops_share - operations of random programs: what coroutines share. */
#include "tests/unit/rt/random_program.h"

#include "libcommon/rt/co/promise.h"

/* ---- channels ---- */

static intptr_t new_value(struct channel_model *c)
{
    c->state[c->n_values] = VALUE_ON_ITS_WAY;
    return c->n_values++;
}

static void note_put(struct node *n, struct channel_model *c, intptr_t value,
                     int code)
{
    MUST(n->p, code == 0 || !c->received[value]);
    c->state[value] = code == 0 ? VALUE_PUT : VALUE_WITHDRAWN;
}

static void note_got(struct node *n, size_t i, void *got)
{
    struct channel_model *c = &n->p->channels[i];
    intptr_t value = (intptr_t)got;

    MUST(n->p, value >= 0 && value < c->n_values);
    MUST(n->p, !c->received[value]);
    MUST(n->p, c->state[value] != VALUE_WITHDRAWN);
    MUST(n->p, value >= n->last_got[i]); /* in order */
    c->received[value] = true;
    n->last_got[i] = value + 1;
}

int op_put(struct node *n)
{
    struct channel_model *c = &n->p->channels[pick(n, N_CHANNELS)];
    struct sight s;
    intptr_t value;
    int code;

    if (c->n_values == N_VALUES)
        return 0;
    value = new_value(c);
    if (chance(n, 30)) {
        code = yon_try_put(c->ch, (void *)value);
        MUST(n->p, code == (c->closed ? YON_ECLOSED : 0) || code == YON_EBUSY);
        note_put(n, c, value, code);
        return 0;
    }
    s = look(n);
    c->n_putting++;
    code = yon_put(c->ch, (void *)value);
    c->n_putting--;
    note_put(n, c, value, code);
    return judge_quick(n, s, code,
                       code == 0 || (code == YON_ECLOSED && c->closed));
}

int op_get(struct node *n)
{
    size_t i = pick(n, N_CHANNELS);
    struct channel_model *c = &n->p->channels[i];
    bool tries = chance(n, 30);
    struct sight s = look(n);
    void *value = NULL;
    int code;

    c->n_getting++;
    code = tries ? yon_try_get(c->ch, &value) : yon_get(c->ch, &value);
    c->n_getting--;
    if (code == 0)
        note_got(n, i, value);
    if (tries)
        return 0;
    return judge_quick(n, s, code,
                       code == 0 || (code == YON_ECLOSED && c->closed));
}

/* ---- locks, event, once, promises ---- */

static int take_lock(struct lock_model *l)
{
    return l->mutex != NULL ? yon_lock(l->mutex) : yon_acquire(l->semaphore);
}

static void give_lock(struct lock_model *l)
{
    if (l->mutex != NULL)
        yon_unlock(l->mutex);
    else
        yon_release(l->semaphore);
}

int op_lock(struct node *n)
{
    unsigned i = (unsigned)pick(n, N_LOCKS), locks = n->locks;
    struct lock_model *l = &n->p->locks[i];
    struct sight s;
    int code;

    if (i < locks)
        return 0;
    s = look(n);
    code = take_lock(l);
    if (code != 0)
        return judge_quick(n, s, code, false);
    judge_quick(n, s, code, true);
    MUST(n->p, ++l->n_held <= l->n);
    n->locks = i + 1;
    code = run_ops(n, 1 + (unsigned)pick(n, 3));
    n->locks = locks;
    l->n_held--;
    give_lock(l);
    return code;
}

int op_event(struct node *n)
{
    struct sight s;
    int code;

    switch (pick(n, 3)) {
    case 0:
        yon_event_set(n->p->event);
        return 0;
    case 1:
        if (!n->p->over)
            yon_event_clear(n->p->event);
        return 0;
    default:
        s = look(n);
        n->p->n_in_event++;
        code = yon_event_wait(n->p->event);
        n->p->n_in_event--;
        return judge_quick(n, s, code, code == 0);
    }
}

static int once_main(void *arg)
{
    struct node *n = arg;
    int code = 0;

    MUST(n->p, n->p->n_once++ == 0 && n->p->once_code == 0);
    for (int i = 0; i < 3 && code == 0; i++)
        code = yon_pause();
    if (code == 0)
        n->p->once_code = code = YON_EFULL;
    n->p->n_once--; /* and none at the same time */
    return code;
}

int op_once(struct node *n)
{
    struct sight s = look(n);
    int code = yon_once(&n->p->once, once_main, n);

    return judge_quick(n, s, code, n->p->once_code == code && code != 0);
}

void promise_model_keep(struct promise_model *m)
{
    yon_promise *promise = m->promise;

    m->promise = NULL;
    if (promise != NULL)
        promise_keep(promise, (struct buf){ 0 }, m->code, NULL);
}

int op_keep(struct node *n)
{
    if (n->p->n_promises > 0)
        promise_model_keep(&n->p->promises[pick(n, n->p->n_promises)]);
    return 0;
}

int op_promise(struct node *n)
{
    struct promise_model *m = &n->p->promises[n->p->n_promises];
    yon_future *f;
    struct sight s;
    int code;

    if (n->p->n_promises == N_PROMISES || n->p->over)
        return 0;
    n->p->n_promises++;
    m->code = chance(n, 50) ? 0 : YON_EFULL;
    f = yon_promise_new(&m->promise);
    s = look(n);
    code = yon_await(f);
    code = judge_quick(n, s, code, m->promise == NULL && code == m->code);
    if (code != 0 && chance(n, 50))
        yon_cancel(f);
    yon_free(f);
    return code;
}

/* ---- threads ---- */

static int keep_in_a_thread(void *arg)
{
    struct promise_model *m = arg;

    promise_keep(m->taken, (struct buf){ 0 }, m->code, NULL);
    return 0;
}

static int do_nothing(void *arg)
{
    (void)arg;
    return 0;
}

int op_thread(struct node *n)
{
    struct promise_model *m = &n->p->promises[pick(n, N_PROMISES)];
    bool keeps = m->promise != NULL, cancelled = !keeps && chance(n, 50);
    struct sight s;
    yon_future *f;
    int code;

    if (!n->p->has_timers || n->locks > 0)
        return 0;
    if (keeps) {
        m->taken = m->promise;
        m->promise = NULL;
    }
    f = yon_thread(keeps ? keep_in_a_thread : do_nothing, m);
    if (cancelled)
        yon_cancel(f);
    s = look(n);
    code = yon_await(f);
    code = judge_quick(n, s, code,
                       code == 0 || (cancelled && code == YON_ECANCELLED));
    yon_free(f);
    return code;
}
