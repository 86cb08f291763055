/* SPDX-License-Identifier: MIT */
/* ops_time - operations of random programs: time, limits, shields and scopes.
 */
#include "tests/unit/rt/random_program.h"

int op_pause(struct node *n)
{
    struct sight s = look(n);
    int code;

    n->prompt = true;
    code = yon_pause();
    n->prompt = false;
    return judge_quick(n, s, code, code == 0);
}

int op_sleep(struct node *n)
{
    int64_t ms = n->p->has_timers ? (int64_t)pick(n, 3) : 0;
    int64_t start_ms = yon_now_ms();
    struct sight s = look(n);
    int code;

    n->prompt = ms == 0;
    code = yon_sleep(ms);
    n->prompt = false;
    return judge_quick(n, s, code, code == 0 && yon_now_ms() - start_ms >= ms);
}

int op_limit(struct node *n)
{
    static const int64_t lengths_ms[] = { 0, LONG_MS, 1, 2 };
    int64_t now_ms = yon_now_ms();
    struct limit_model *l = &n->limits[n->n_limits];
    int64_t ms = lengths_ms[pick(n, n->p->has_timers ? 4 : 2)];
    int code, ended;

    if (n->n_limits == N_LIMITS)
        return 0;
    limit_note(n, now_ms + ms, n->shield);
    yon_limit_begin_at(&l->limit, now_ms + ms);
    code = run_ops(n, 1 + (unsigned)pick(n, 4));
    ended = yon_limit_end(&l->limit);
    n->n_limits--;
    MUST(n->p, ended == 0 || ended == YON_ETIMEOUT);
    MUST(n->p, ended == 0 || yon_now_ms() >= l->at_ms);
    MUST(n->p, ended != 0 || !l->struck);
    return code == YON_ETIMEOUT && ended != 0 ? 0 : code;
}

int op_shield(struct node *n)
{
    int code;

    yon_shield_begin();
    n->shield++;
    code = run_ops(n, 1 + (unsigned)pick(n, 3));
    n->shield--;
    yon_shield_end();
    return code;
}

static void run_deferral(void *arg)
{
    struct deferral *d = arg;
    struct node *n = d->node;

    MUST(n->p, d->index == n->n_deferred - 1); /* newest first */
    if (d->pauses)
        MUST(n->p, yon_pause() == 0);
    n->n_deferred--;
}

int op_scope(struct node *n)
{
    yon_scope *scope = yon_scope_enter();
    unsigned n_before = n->n_deferred, n_steps = (unsigned)pick(n, 3);
    int code = 0;

    for (unsigned i = 0; i < n_steps && code == 0; i++) {
        struct deferral *d = &n->deferred[n->n_deferred];

        if (n->n_deferred < N_DEFERRED) {
            *d = (struct deferral){ n, n->n_deferred++, chance(n, 50) };
            yon_defer(run_deferral, d);
        }
        code = run_ops(n, 1);
    }
    if (code != 0 && chance(n, 50))
        return code; /* it is left when the coroutine ends */
    yon_scope_leave(scope);
    MUST(n->p, n->n_deferred == n_before);
    return code;
}
