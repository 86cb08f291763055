/* SPDX-License-Identifier: MIT */
/* coro_future - coroutines as futures: yon_spawn of <yon/co.h>. */
#include "libcommon/rt/co/coro_future.h"

#include <stdlib.h>

#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/unread.h"
#include "libcommon/rt/co/why.h"

/* A coroutine as a future. One reference is the user's, one the coroutine's. */
struct spawned {
    yon_future base;
    char *name; /* NULL: none was given */
    char *why;  /* of the code that fn returned; NULL: nothing */
    bool begun;
    struct buf value;
    yon_fn *fn;
    void *arg;
};

static struct spawned *spawned_of(yon_future *f)
{
    return CONTAINER_OF(f, struct spawned, base);
}

static void spawned_cancel(yon_future *f)
{
    coro_cancel(f->co);
}

static void spawned_destroy(yon_future *f)
{
    buf_fini(&spawned_of(f)->value);
    free(spawned_of(f)->name);
    free(spawned_of(f)->why);
    free(spawned_of(f));
}

static struct view spawned_value(const yon_future *f)
{
    return buf_view(&CONTAINER_OF(f, const struct spawned, base)->value);
}

static void spawned_describe(const yon_future *f, struct buf *out)
{
    const struct spawned *s = CONTAINER_OF(f, const struct spawned, base);

    if (s->name != NULL)
        buf_addf(out, "coroutine '%s'", s->name);
    else
        unread_name(out, "coroutine", (uintptr_t)s->fn);
}

static const struct future_kind spawned_kind = {
    .name = "coroutine",
    .describe = spawned_describe,
    .value = spawned_value,
    .cancel = spawned_cancel,
    .destroy = spawned_destroy,
};

static int spawned_main(void *arg)
{
    struct spawned *s = arg;
    int code;

    s->begun = true;
    code = s->fn(s->arg);
    s->why = why_take(code);
    return code;
}

static void spawned_ended(void *arg, int code)
{
    struct spawned *s = arg;

    s->base.co = NULL;
    if (s->begun)
        future_end_by(&s->base, code, s->why);
    else
        future_end(&s->base, (enum err) - code, STACK_NONE_TEXT);
    future_unref(&s->base);
}

static struct spawned *spawned_new(struct loop *loop, yon_fn *fn)
{
    struct spawned *s = xcalloc(1, sizeof *s);

    future_init(&s->base, &spawned_kind, loop);
    s->fn = fn;
    return s;
}

yon_future *coro_future_refused(yon_fn *fn, enum err err, const char *text)
{
    struct spawned *s = spawned_new(NULL, fn);

    future_end(&s->base, err, text);
    return &s->base;
}

yon_future *coro_future_new(struct loop *loop, const char *name, yon_fn *fn,
                            void *arg)
{
    struct spawned *s = spawned_new(loop, fn);
    struct coro *co;

    s->arg = arg;
    s->name = name == NULL ? NULL : xstrdup(name);
    if (loop == NULL) {
        future_end_outside(&s->base);
        return &s->base;
    }
    future_ref(&s->base);
    co = coro_new(loop, name == NULL ? "spawned" : s->name, spawned_main,
                  spawned_ended, s);
    co->value = &s->value;
    co->future = &s->base;
    co->entry = name == NULL ? (uintptr_t)fn : 0;
    s->base.co = co;
    return &s->base;
}

yon_future *yon_spawn_named(const char *name, yon_fn *fn, void *arg)
{
    return coro_future_new(loop_current(), name, fn, arg);
}

yon_future *yon_spawn(yon_fn *fn, void *arg)
{
    return yon_spawn_named(NULL, fn, arg);
}

yon_future *coro_future_spawn(struct coro *parent, yon_fn *fn, void *arg)
{
    yon_future *f = yon_spawn(fn, arg);

    coro_adopt(parent, f->co);
    return f;
}

void yon_detach(yon_future *f)
{
    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    if (f->kind == &spawned_kind && f->co != NULL)
        coro_detach(f->co);
    yon_free(f);
}

int yon_pause(void)
{
    return coro_current() == NULL ? YON_ESTATE : -(int)coro_yield_await();
}

int yon_is_cancelled(void)
{
    struct coro *co = coro_current();

    if (co == NULL)
        return 0;
    if (co->loop->look != NULL)
        co->loop->look(co->loop->look_arg);
    return coro_is_cancelled(co);
}
