/* SPDX-License-Identifier: MIT */
/* many - waiting for many futures, as they end: <yon/co.h>. */
#include <yon/co.h>

#include "libcommon/rt/co/future_set.h"

/* A stream of items, at most `window` of them under way. */
struct stream {
    struct bundle bundle;
    size_t next, n;
    yon_start_fn *start;
    yon_take_fn *take;
    void *arg;
};

static void stream_fill(struct stream *s, size_t window)
{
    while (s->next < s->n && s->bundle.n_pending < window &&
           list_is_empty(&s->bundle.ended)) {
        size_t i = s->next++;
        yon_future *f = s->start(s->arg, i);

        if (f != NULL)
            bundle_add(&s->bundle, f, i);
    }
}

/* One that was refused has not ended: nothing to take. */
static int stream_take(struct stream *s, struct bundle_item *item)
{
    yon_future *f = item->f;
    int code = f->done ? s->take(s->arg, item->tag, f) : YON_ESTATE;

    bundle_free(item);
    return code;
}

int yon_each_of(size_t n, size_t window, yon_start_fn *start, yon_take_fn *take,
                void *arg)
{
    struct stream s = { .n = n, .start = start, .take = take, .arg = arg };
    struct bundle_item *item;
    int code = -(int)coro_stop_here();
    enum err err;

    if (window == 0)
        return YON_ERANGE;
    if (coro_current() == NULL)
        return YON_ESTATE;
    bundle_init(&s.bundle, NULL);
    while (code == 0) {
        stream_fill(&s, window);
        err = bundle_next_await(&s.bundle, &item);
        if (err == ERR_EXHAUSTED)
            break;
        code = err == ERR_NONE ? stream_take(&s, item) : -(int)err;
    }
    bundle_cancel(&s.bundle);
    bundle_finish_await(&s.bundle);
    return code;
}
