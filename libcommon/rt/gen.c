/* SPDX-License-Identifier: MIT */
/* gen - generators: a coroutine that gives values on demand: <yon/co.h>.
 *
 *      fresh --next--> inside --yield--> resting --next, send, throw--> inside
 *                        |                  |
 *                        +---- return ------+-- close --> ended
 */
#include <stdlib.h>

#include <yon/co.h>

#include "check.h"
#include "coro.h"
#include "mem.h"

enum gen_state { GEN_FRESH = 1, GEN_INSIDE, GEN_RESTING, GEN_ENDED };

struct yon_gen {
    enum gen_state state;
    yon_gen_fn *fn;
    void *arg;
    struct coro *co; /* the body; NULL before the first next and at the end */
    struct coro *caller; /* who waits in next; NULL: nobody */
    void *value, *sent, *result;
    int thrown; /* code for the yield to return */
    int code;   /* that it ended with */
};

static int gen_main(void *arg)
{
    yon_gen *g = arg;

    return g->fn(g, g->arg);
}

static void gen_ended(void *arg, int code)
{
    yon_gen *g = arg;

    g->state = GEN_ENDED;
    g->co = NULL;
    g->code = code;
    if (g->caller != NULL)
        coro_wake(g->caller);
}

yon_gen *yon_gen_new(yon_gen_fn *fn, void *arg)
{
    yon_gen *g = xcalloc(1, sizeof *g);

    g->state = GEN_FRESH;
    g->fn = fn;
    g->arg = arg;
    return g;
}

int yon_yield(yon_gen *g, void *value, void **sent)
{
    enum err err = ERR_NONE;
    int thrown;

    ASSERT(coro_current() == g->co);
    g->value = value;
    g->state = GEN_RESTING;
    if (g->caller != NULL)
        coro_wake(g->caller);
    while (err == ERR_NONE && g->state == GEN_RESTING)
        err = coro_wait();
    g->state = GEN_INSIDE;
    if (sent != NULL)
        *sent = g->sent;
    thrown = g->thrown;
    g->thrown = 0;
    return thrown != 0 ? thrown : -(int)err;
}

static enum err gen_start(yon_gen *g)
{
    enum err err =
        loop_spawn(loop_current(), "generator", gen_main, gen_ended, g, &g->co);

    if (err == ERR_NONE)
        g->co->leashed = true; /* its owner need not finish it */
    return err;
}

/* Wait until it rests or has ended. When the caller is cancelled, the body is
 * still inside: it is left there, to be closed. */
static int gen_settle(yon_gen *g, void **value)
{
    enum err err = ERR_NONE;

    g->caller = coro_current();
    while (err == ERR_NONE && g->state == GEN_INSIDE)
        err = coro_wait();
    g->caller = NULL;
    if (err != ERR_NONE)
        return -(int)err;
    if (g->state == GEN_ENDED)
        return g->code != 0 ? g->code : YON_EEXHAUSTED;
    *value = g->value;
    return 0;
}

static int gen_go_on(yon_gen *g, void *sent, int thrown, void **value)
{
    enum err err = ERR_NONE;

    if (coro_current() == NULL)
        return YON_ESTATE;
    if (g->state == GEN_ENDED)
        return thrown != 0 ? thrown : YON_EEXHAUSTED;
    if (g->state == GEN_INSIDE)
        return YON_EBUSY;
    if (coro_stop(coro_current()) != ERR_NONE)
        return -(int)coro_stop(coro_current());
    if (g->state == GEN_FRESH &&
        thrown != 0) { /* it has no yield to throw at */
        g->state = GEN_ENDED;
        return g->code = thrown;
    }
    if (g->state == GEN_FRESH)
        err = gen_start(g);
    if (err != ERR_NONE)
        return -(int)err;
    g->sent = sent;
    g->thrown = thrown;
    g->state = GEN_INSIDE;
    coro_wake(g->co);
    return gen_settle(g, value);
}

int yon_next(yon_gen *g, void **value)
{
    return gen_go_on(g, NULL, 0, value);
}

int yon_send(yon_gen *g, void *sent, void **value)
{
    return gen_go_on(g, sent, 0, value);
}

int yon_throw(yon_gen *g, int code, void **value)
{
    return gen_go_on(g, NULL, code, value);
}

void yon_gen_return(yon_gen *g, void *value)
{
    g->result = value;
}

void *yon_gen_result(const yon_gen *g)
{
    return g->state == GEN_ENDED ? g->result : NULL;
}

int yon_gen_close(yon_gen *g)
{
    int code = 0;
    void *value;

    if (g == NULL)
        return 0;
    yon_shield_begin();
    if (g->state ==
        GEN_INSIDE) { /* left there by a caller that was cancelled */
        coro_cancel(g->co);
        code = gen_settle(g, &value);
    }
    while (g->state ==
           GEN_RESTING) /* a body that goes on yielding is asked again */
        code = gen_go_on(g, NULL, YON_ECLOSED, &value);
    yon_shield_end();
    free(g);
    return code == YON_EEXHAUSTED || code == YON_ECLOSED ||
                   code == YON_ECANCELED
               ? 0
               : code;
}
