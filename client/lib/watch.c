/* SPDX-License-Identifier: MIT */
/* watch - see watch.h; and <yon/yon.h>: yon_await_progress. */
#include "client/lib/watch.h"

#include <stdlib.h>

#include <yon/co.h>

#include "client/lib/contact.h"
#include "client/lib/request.h"
#include "libcommon/mem.h"
#include "libcommon/pace.h"
#include "libcommon/rt/co/coro.h"

#define WATCH_MS 200 /* between two words that the coordinator sends */

struct watch {
    yon_future *request; /* NULL: not asked, or nobody is to be asked */
    yon_future *news;    /* over with the next word; NULL: nobody waits */
    uint64_t n_words, n_told;
    uint64_t done, total;
    struct buf doing;
    struct pace pace;
};

/* ---- news ---- */

static void news_destroy(yon_future *f)
{
    free(f);
}

static const struct future_kind news_kind = {
    .name = "news",
    .destroy = news_destroy,
};

static yon_future *news_of(struct job_future *j)
{
    struct watch *w = j->watch;

    if (w->news == NULL) {
        w->news = xcalloc(1, sizeof *w->news);
        future_init(w->news, &news_kind, j->pending.future.loop);
    }
    future_ref(w->news);
    return w->news;
}

static void tell(struct watch *w)
{
    yon_future *news = w->news;

    w->news = NULL;
    if (news == NULL)
        return;
    future_end(news, ERR_NONE, NULL);
    future_unref(news);
}

/* ---- words ---- */

void watch_note(struct job_future *j, uint64_t done, uint64_t total,
                struct view doing)
{
    struct watch *w = j->watch;

    if (w == NULL)
        return;
    if (w->n_words > 0 && done == w->done && total == w->total &&
        view_equal(doing, buf_view(&w->doing)))
        return; /* nothing new */
    w->done = done;
    w->total = total;
    buf_clear(&w->doing);
    buf_add_view(&w->doing, doing);
    pace_note(&w->pace, yon_now_ms(), done);
    w->n_words++;
    tell(w);
}

void watch_end(struct job_future *j)
{
    struct watch *w = j->watch;

    if (w == NULL)
        return;
    j->watch = NULL;
    yon_free(w->request);
    tell(w);
    buf_fini(&w->doing);
    free(w);
}

static void answer(void *arg, const struct op *op, bool last)
{
    (void)last;
    if (op->type == OP_PROGRESS &&
        (op->u.progress.done > 0 || op->u.progress.total > 0 ||
         op->u.progress.doing.len > 0))
        watch_note(arg, op->u.progress.done, op->u.progress.total,
                   op->u.progress.doing);
}

/* ---- waiting ---- */

static int ask_await(struct job_future *j)
{
    struct op op = { .type = OP_AWAIT };
    int code = yon_await_id(&j->pending.future, &op.u.await.job);

    if (code != 0 || j->watch == NULL || j->watch->request != NULL ||
        j->pending.client == NULL)
        return code;
    op.u.await.elem = j->elem;
    op.u.await.progress_ms = WATCH_MS;
    j->watch->request = request_new(j->pending.client, &op, answer, j);
    return 0;
}

static int news_await(struct job_future *j)
{
    yon_future *fs[] = { &j->pending.future, news_of(j) };
    size_t which;
    int code = yon_any(fs, 2, &which);

    future_unref(fs[1]);
    return code;
}

static int word_await(struct job_future *j)
{
    bool is_local =
        j->pending.client != NULL && j->pending.client->local != NULL;
    int code = -(int)coro_stop_here();

    while (code == 0 && j->watch != NULL &&
           j->watch->n_words == j->watch->n_told) {
        if (j->pending.future.done)
            return YON_EEXHAUSTED;
        if (!is_local && j->watch->request == NULL)
            code = ask_await(j);
        else
            code = news_await(j);
    }
    if (j->pending.future.done && code != 0 && coro_stop_here() == ERR_NONE)
        return YON_EEXHAUSTED; /* it was refused */
    return j->watch == NULL ? YON_ECLOSED : code;
}

static void give(struct watch *w, struct yon_advance *out)
{
    int64_t now_ms = yon_now_ms();

    w->n_told = w->n_words;
    *out = (struct yon_advance){
        .done = w->done,
        .total = w->total,
        .doing = buf_text(&w->doing),
        .per_second = pace_rate(&w->pace, now_ms),
        .left_ms = pace_left_ms(&w->pace, now_ms, w->total),
    };
}

int yon_await_progress(yon_future *f, struct yon_advance *out)
{
    struct job_future *j = job_future_of(f);
    int code;

    if (j == NULL)
        return YON_ETYPE;
    if (j->watch == NULL)
        j->watch = xcalloc(1, sizeof *j->watch);
    future_ref(f);
    code = word_await(j);
    if (code == 0)
        give(j->watch, out);
    future_unref(f);
    return code;
}
