/* SPDX-License-Identifier: MIT */
/* run - where coroutines begin: yon_run of <yon/co.h>, yon_uv_spawn of
 * <yon/uv.h>.
 */
#include "libcommon/rt/co/run.h"

#include <stdlib.h>

#include <yon/uv.h>

#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/coro_future.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/sigint.h"
#include "libcommon/rt/co/slow.h"
#include "libcommon/rt/co/why.h"

#define STACK_KB_MIN 16
#define STACK_KB_MAX 16384

/* The first coroutine of yon_run. */
struct first {
    struct loop *loop;
    struct coro *co; /* until it has ended */
    yon_fn *fn;
    void *arg;
    int code;
    char *why; /* of the code; NULL: nothing */
    bool has_ended;
};

/* $YON_STACK_KB, as yon-worker --stack-kb. */
static void set_stack(struct loop *loop)
{
    const char *text = getenv("YON_STACK_KB");
    long kb = text == NULL ? 0 : strtol(text, NULL, 10);

    if (kb >= STACK_KB_MIN && kb <= STACK_KB_MAX)
        loop_set_stack(loop, (size_t)kb << 10);
}

yon_future *yon_uv_spawn(struct uv_loop_s *loop, yon_fn *fn, void *arg)
{
    struct loop *guest;
    yon_future *f;

    if (loop_at_is_elsewhere(loop))
        return coro_future_refused(fn, ERR_STATE,
                                   "the loop belongs to another thread");
    guest = loop_at(loop);
    if (guest->stacks.n_made == 0)
        set_stack(guest);
    slow_watch(guest);
    f = coro_future_new(guest, NULL, fn, arg);
    /* Also when a coroutine asks for it. */
    coro_detach(f->co);
    stop_list_fini(&f->co->stops);
    return f;
}

static int first_main(void *arg)
{
    struct first *first = arg;
    int code = first->fn(first->arg);

    first->why = why_take(code);
    return code;
}

static void first_ended(void *arg, int code)
{
    struct first *first = arg;

    first->code = code;
    first->has_ended = true;
}

/* Coroutines that were detached are waited for, too. */
static bool first_is_done(void *arg)
{
    struct first *first = arg;

    return first->has_ended && list_is_empty(&first->loop->coros);
}

/* Ctrl-C: the first one asks the program to end. */
static bool first_is_asked(void *arg)
{
    struct first *first = arg;

    if (first->has_ended || coro_is_cancelled(first->co))
        return false;
    coro_cancel(first->co);
    return true;
}

static void first_is_interrupted(void *arg)
{
    first_is_asked(arg); /* to no effect when it was asked before */
}

static int run(yon_fn *fn, void *arg, bool watches_sigint)
{
    struct first first = { .fn = fn, .arg = arg };
    struct loop *loop;
    enum err err;

    if (coro_current() != NULL)
        return YON_ESTATE;
    err = loop_open(&loop);
    if (err != ERR_NONE)
        return -(int)err;
    first.loop = loop;
    set_stack(loop);
    slow_watch(loop);
    err = loop_spawn(loop, "main", first_main, first_ended, &first, &first.co);
    if (err == ERR_NONE && watches_sigint)
        sigint_watch(loop, first_is_asked, &first);
    loop_set_interrupted(loop, first_is_interrupted, &first);
    if (err == ERR_NONE)
        loop_run_await(loop, first_is_done, &first);
    loop_free(loop);
    why_note(first.code, first.why);
    free(first.why);
    return err == ERR_NONE ? first.code : -(int)err;
}

int yon_run(yon_fn *fn, void *arg)
{
    return run(fn, arg, true);
}

int run_without_sigint(yon_fn *fn, void *arg)
{
    return run(fn, arg, false);
}
