/* SPDX-License-Identifier: MIT */
/* ops_gen - operations of random programs: generators. */
#include "tests/unit/rt/random_program.h"

#include "libcommon/rt/co/loop.h"

static int gen_body(yon_gen *g, void *arg)
{
    struct node *n = arg;
    unsigned n_values = (unsigned)pick(n, 5);
    int code = 0;

    n->begun = true;
    n->co = coro_current();
    for (unsigned i = 0; i < n_values && code == 0; i++) {
        struct sight s;
        void *sent = n;
        bool thrown;

        code = run_ops(n, (unsigned)pick(n, 3));
        if (code != 0)
            break;
        s = look(n);
        code = yon_yield(g, (void *)n->n_given, &sent);
        MUST(n->p, code != 0 || sent == n->sent);
        thrown = code == YON_EFULL || code == YON_ECLOSED;
        if (thrown && code == YON_EFULL && chance(n, 50))
            code = 0; /* it goes on */
        else
            code = thrown ? code : judge(n, s, code, code == 0);
    }
    node_free_slots(n);
    n->was_cancelled = yon_is_cancelled();
    n->outcome = code;
    n->returned = true;
    return code;
}

/* Whether a call of g, whose body is b, may have said so. */
static bool is_answer(struct node *b, int thrown, int code, void *value)
{
    if (code == 0)
        return (intptr_t)value == b->n_given++;
    if (thrown == code && (!b->begun || b->returned))
        return b->told = true;
    if (!b->begun)
        return b->told && code == YON_EEXHAUSTED;
    if (!b->returned)
        return false;
    if (b->told)
        return code == YON_EEXHAUSTED;
    b->told = true;
    return code == (b->outcome != 0 ? b->outcome : YON_EEXHAUSTED);
}

static int gen_call(struct node *n, struct node *b)
{
    unsigned what = (unsigned)pick(n, 10);
    int thrown = what == 9 ? YON_EFULL : 0;
    void *sent = what == 8 ? n : NULL, *value = NULL;
    struct sight s = look(n);
    int code, stop;

    if (!b->interrupted)
        b->sent = sent;
    if (what == 9)
        code = yon_throw(b->gen, thrown, &value);
    else
        code = what == 8 ? yon_send(b->gen, sent, &value)
                         : yon_next(b->gen, &value);
    if (code == YON_EBUSY) {
        MUST(n->p, b->interrupted && what >= 8);
        return 0;
    }
    if (s.cancelled || s.late)
        return judge_quick(n, s, code, false);
    /* Its own stop, unless the body ended with such a code. */
    if ((code == YON_ECANCELLED || code == YON_ETIMEOUT) &&
        !(b->returned && b->outcome == code && !b->told)) {
        stop = judge(n, s, code, false);
        b->interrupted = true;
        return stop;
    }
    MUST(n->p, is_answer(b, thrown, code, value));
    b->interrupted = false;
    return 0;
}

int op_gen(struct node *n)
{
    unsigned n_calls = (unsigned)pick(n, 6);
    struct node *b;
    int code = 0, closed;

    if (!may_spawn(n) || n->locks > 0)
        return 0;
    b = node_new(n->p, n);
    b->gen = yon_gen_new(gen_body, b);
    for (unsigned i = 0; i < n_calls && code == 0; i++)
        code = gen_call(n, b);
    if (chance(n, 30))
        return code; /* left open */
    look(n);
    b->closing = true;
    n->patient = true;
    closed = yon_gen_close(b->gen);
    n->patient = false;
    b->gen = NULL;
    b->cancel_issued = true; /* for its children */
    MUST(n->p, !b->begun || node_has_ended(b));
    MUST(n->p, closed == 0 || !b->begun || closed == b->outcome);
    return code;
}
