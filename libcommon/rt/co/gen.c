/* SPDX-License-Identifier: MIT */
/* gen - generators: a coroutine that gives values on demand: <yon/co.h>.
 *
 *      fresh --next--> inside --yield--> resting --next, send, throw--> inside
 *                        |                  |
 *                        +---- return ------+-- close --> ended
 *
 * It may be inside without anybody waiting for it: when a next was interrupted,
 * or a limit of the body's own struck at a yield. What it gives then is news
 * until a next has taken it.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/why.h"

enum gen_state { GEN_FRESH = 1, GEN_INSIDE, GEN_RESTING, GEN_ENDED };

struct yon_gen {
    enum gen_state state;
    struct loop *loop; /* on which it was made, or called first; or NULL */
    bool news;         /* it rests or has ended, and no caller knows yet */
    yon_gen_fn *fn;
    void *arg;
    struct coro *co; /* the body; NULL before the first next and at the end */
    struct coro_work maker; /* its root is the owner of the body; NULL: it is
                             * over, or there was none */
    struct coro *caller;    /* waits in next; NULL: none */
    void *value, *sent, *result;
    int thrown; /* code for the yield to return */
    int code;   /* that it ended with, */
    char *why;  /* ... and its text; NULL: none */
};

yon_gen *yon_gen_new(yon_gen_fn *fn, void *arg)
{
    yon_gen *g = xcalloc(1, sizeof *g);

    g->state = GEN_FRESH;
    g->loop = loop_current();
    g->fn = fn;
    g->arg = arg;
    list_init(&g->maker.link);
    if (coro_current() != NULL)
        coro_work_of(&g->maker, coro_current());
    return g;
}

/* ---- inside ---- */

static void gen_tell(yon_gen *g, enum gen_state state)
{
    g->state = state;
    g->news = true;
    if (g->caller != NULL)
        coro_wake(g->caller);
}

static int gen_main(void *arg)
{
    yon_gen *g = arg;
    int code = g->fn(g, g->arg);

    g->why = why_take(code);
    return code;
}

static void gen_ended(void *arg, int code)
{
    yon_gen *g = arg;

    g->co = NULL;
    g->code = code_is_valid(code) ? code : YON_EFAILED;
    gen_tell(g, GEN_ENDED);
}

int yon_yield(yon_gen *g, void *value, void **sent)
{
    enum err err;
    int thrown;

    if (coro_current() == NULL || coro_current() != g->co)
        return YON_ESTATE;
    err = coro_refusal_await();
    if (err != ERR_NONE)
        return -(int)err;
    g->value = value;
    gen_tell(g, GEN_RESTING);
    /* A resting body is cancelled when its owner leaves it: no shield may hold
     * it, for no caller will ever resume it. */
    while (err == ERR_NONE && g->state == GEN_RESTING)
        err = coro_is_cancelled(g->co) ? ERR_CANCELLED : coro_await();
    g->state = GEN_INSIDE;
    if (sent != NULL)
        *sent = g->sent;
    thrown = g->thrown;
    g->thrown = 0;
    g->sent = NULL;
    return thrown != 0 ? thrown : -(int)err;
}

void yon_gen_return(yon_gen *g, void *value)
{
    MISUSE_IF_ELSEWHERE(g->loop, "the generator");
    g->result = value;
}

/* ---- outside ---- */

/* The coroutine that the body ends with. */
static struct coro *gen_owner(const yon_gen *g)
{
    struct coro *maker = (struct coro *)atomic_load(&g->maker.root);
    struct coro *caller = coro_current();

    return maker == NULL || maker->over || maker->loop != caller->loop ? caller
                                                                       : maker;
}

/* The body ends with its owner, which need not finish it. Limits of the first
 * caller end that call, not the body. */
static void gen_start(yon_gen *g)
{
    struct coro *owner = gen_owner(g);

    g->loop = loop_current();
    g->co = coro_new(loop_current(), "generator", gen_main, gen_ended, g);
    coro_adopt(owner, g->co);
    g->co->leashed = true;
    stop_list_fini(&g->co->stops);
}

/* Wait until it rests or has ended. When the caller is stopped before, the body
 * is still inside: the next call finds what it gives. */
static int gen_settle_await(yon_gen *g, void **value)
{
    enum err err = ERR_NONE;

    g->caller = coro_current();
    while (err == ERR_NONE && g->state == GEN_INSIDE)
        err = coro_await();
    g->caller = NULL;
    if (err != ERR_NONE)
        return -(int)err;
    g->news = false;
    if (g->state == GEN_ENDED) {
        why_note(g->code, g->why);
        return g->code != 0 ? g->code : YON_EEXHAUSTED;
    }
    *value = g->value;
    return 0;
}

static int gen_go_on_await(yon_gen *g, void *sent, int thrown, void **value)
{
    if (g->state == GEN_FRESH && thrown != 0) { /* no yield to throw at */
        g->state = GEN_ENDED;
        g->code = thrown;
    }
    if (g->state == GEN_ENDED)
        return thrown != 0 ? thrown : YON_EEXHAUSTED;
    if (g->state == GEN_FRESH)
        gen_start(g);
    g->sent = sent;
    g->thrown = thrown;
    g->state = GEN_INSIDE;
    coro_wake(g->co);
    return gen_settle_await(g, value);
}

/* A caller waits in it, or its own body asks. */
static bool gen_is_busy(const yon_gen *g)
{
    return g->caller != NULL || (g->co != NULL && g->co == coro_current());
}

/* Why the running coroutine cannot go on with it; 0. */
static int gen_refusal_await(const yon_gen *g)
{
    enum err err;

    if (coro_current() == NULL || loop_is_elsewhere(g->loop) ||
        (g->co != NULL && g->co->loop != loop_current()))
        return YON_ESTATE;
    err = coro_refusal_await();
    if (err != ERR_NONE)
        return -(int)err;
    return gen_is_busy(g) ? YON_EBUSY : 0;
}

int yon_next(yon_gen *g, void **value)
{
    int code = gen_refusal_await(g);

    if (code != 0)
        return code;
    return g->state == GEN_INSIDE || g->news
               ? gen_settle_await(g, value)
               : gen_go_on_await(g, NULL, 0, value);
}

static int gen_answer_await(yon_gen *g, void *sent, int thrown, void **value)
{
    int code = gen_refusal_await(g);

    if (code != 0)
        return code;
    return g->state == GEN_INSIDE || g->news
               ? YON_EBUSY
               : gen_go_on_await(g, sent, thrown, value);
}

int yon_send(yon_gen *g, void *sent, void **value)
{
    return gen_answer_await(g, sent, 0, value);
}

int yon_throw(yon_gen *g, int code, void **value)
{
    return gen_answer_await(g, NULL, code_of_failure(code), value);
}

void *yon_gen_result(const yon_gen *g)
{
    MISUSE_IF_ELSEWHERE(g->loop, "the generator");
    return g->state == GEN_ENDED ? g->result : NULL;
}

int yon_gen_close(yon_gen *g)
{
    int code;
    void *value;

    if (g == NULL)
        return 0;
    if (loop_is_elsewhere(g->loop))
        return YON_ESTATE;
    if (gen_is_busy(g))
        return YON_EBUSY;
    if (g->co != NULL && g->co->loop != loop_current())
        return YON_ESTATE;
    yon_shield_begin();
    if (g->state == GEN_INSIDE) {
        coro_cancel(g->co);
        gen_settle_await(g, &value);
    }
    while (g->state == GEN_RESTING) /* also when it yields again */
        gen_go_on_await(g, NULL, YON_ECLOSED, &value);
    yon_shield_end();
    code = g->code;
    why_note(code, g->why);
    coro_work_end(&g->maker);
    free(g->why);
    free(g);
    return code == YON_ECLOSED || code == YON_ECANCELLED ? 0 : code;
}
