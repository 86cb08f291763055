/* SPDX-License-Identifier: MIT */
/* many - waiting for many futures, as they end: <yon/co.h>. */
#include <yon/co.h>

#include "libcommon/rt/co/future_set.h"

/* A stream of items, at most `window` of them under way. */
struct window {
    struct future_set set;
    size_t next, n;
    yon_start_fn *start;
    yon_take_fn *take;
    void *arg;
};

static void window_fill(struct window *s, size_t window)
{
    while (s->next < s->n && s->set.n_pending < window &&
           list_is_empty(&s->set.ended)) {
        size_t i = s->next++;
        yon_future *f = s->start(s->arg, i);

        if (f != NULL)
            future_set_add(&s->set, f, i);
    }
}

/* One that was refused has not ended: nothing to take. */
static int window_take(struct window *s, struct future_set_item *item)
{
    yon_future *f = item->f;
    int code = f->done ? s->take(s->arg, item->tag, f) : YON_ESTATE;

    future_set_free(item);
    return code;
}

int yon_each_of(size_t n, size_t window, yon_start_fn *start, yon_take_fn *take,
                void *arg)
{
    struct window s = { .n = n, .start = start, .take = take, .arg = arg };
    struct future_set_item *item;
    int code = -(int)coro_stop_here();
    enum err err;

    if (window == 0)
        return YON_ERANGE;
    if (coro_current() == NULL)
        return YON_ESTATE;
    future_set_init(&s.set, NULL);
    while (code == 0) {
        window_fill(&s, window);
        err = future_set_next_await(&s.set, &item);
        if (err == ERR_EXHAUSTED)
            break;
        code = err == ERR_NONE ? window_take(&s, item) : -(int)err;
    }
    future_set_cancel(&s.set);
    future_set_finish_await(&s.set);
    return code;
}
