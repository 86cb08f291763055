/* SPDX-License-Identifier: MIT */
/* many - waiting for many futures, as they end: <yon/co.h>. */
#include <stdlib.h>

#include <yon/co.h>

#include "bundle.h"
#include "check.h"
#include "mem.h"

/* A stream of items, at most `window` of them under way. */
struct stream {
    struct bundle bundle;
    size_t next, n;
    yon_start_fn *start;
    yon_take_fn *take;
    void *arg;
};

static enum err fill(struct stream *s, size_t window)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && s->next < s->n && s->bundle.n_pending < window &&
           list_is_empty(&s->bundle.ended)) {
        size_t i = s->next++;
        yon_future *f = s->start(s->arg, i);

        if (f != NULL)
            err = bundle_add(&s->bundle, f, i);
        if (err != ERR_NONE)
            yon_free(f);
    }
    return err;
}

static int take_next(struct stream *s)
{
    struct bundle_item *item;
    enum err err = bundle_next_await(&s->bundle, &item);
    int code;

    if (err != ERR_NONE)
        return -(int)err;
    code = s->take(s->arg, item->tag, item->f);
    bundle_free(item);
    return code;
}

int yon_each_of(size_t n, size_t window, yon_start_fn *start, yon_take_fn *take,
                void *arg)
{
    struct stream s = { .n = n, .start = start, .take = take, .arg = arg };
    int code = 0;

    if (window == 0)
        return YON_ERANGE;
    if (coro_current() == NULL)
        return YON_ESTATE;
    bundle_init(&s.bundle);
    while (code == 0) {
        code = -(int)fill(&s, window);
        if (code == 0 && s.bundle.n_pending == 0 &&
            list_is_empty(&s.bundle.ended))
            return 0;
        if (code == 0)
            code = take_next(&s);
    }
    bundle_cancel(&s.bundle);
    bundle_finish_await(&s.bundle);
    return code;
}

static int fail_at(yon_future *const *fs, size_t n, size_t *which)
{
    for (size_t i = 0; i < n; i++)
        if (fs[i] != NULL && fs[i]->done && fs[i]->err != ERR_NONE) {
            if (which != NULL)
                *which = i;
            return -(int)fs[i]->err;
        }
    return 0;
}

/* One future of yon_all_ok. */
struct part {
    struct future_watch watch;
    struct call *call;
};
struct call {
    struct coro *co;
    size_t n_left;
    bool failed;
};

static void part_ended(struct future_watch *w)
{
    struct call *call = CONTAINER_OF(w, struct part, watch)->call;

    call->failed = call->failed || w->f->err != ERR_NONE;
    if (--call->n_left == 0 || call->failed)
        coro_wake(call->co);
}

int yon_all_ok(yon_future *const *fs, size_t n, size_t *which)
{
    struct call call = { .co = coro_current() };
    struct part *parts;
    size_t n_parts = 0;
    enum err err = ERR_NONE;
    int code = fail_at(fs, n, which);

    if (code != 0)
        return code;
    if (call.co == NULL)
        return yon_all(fs, n);
    parts = xcalloc(n + 1, sizeof *parts);
    for (size_t i = 0; i < n; i++) {
        if (fs[i] == NULL || fs[i]->done)
            continue;
        parts[n_parts].call = &call;
        future_watch(fs[i], &parts[n_parts++].watch, part_ended);
    }
    call.n_left = n_parts;
    while (err == ERR_NONE && call.n_left > 0 && !call.failed)
        err = coro_wait();
    for (size_t i = 0; i < n_parts; i++)
        future_unwatch(&parts[i].watch);
    free(parts);
    return err != ERR_NONE ? -(int)err : fail_at(fs, n, which);
}
