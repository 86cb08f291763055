/* SPDX-License-Identifier: MIT */
/* watch - how far a job is, since somebody asked for it. */
#include "client/lib/watch.h"

#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/sized.h"

#define WATCH_MS 200 /* between two reports of the coordinator */

_Static_assert(sizeof(struct yon_advance) ==
                   offsetof(struct yon_advance, left_ms) + sizeof(int64_t),
               "ends with its last field");

/* ---- news ---- */

static void news_destroy(yon_future *f)
{
    free(f);
}

static const struct future_kind news_kind = {
    .name = "news",
    .destroy = news_destroy,
};

yon_future *watch_news(struct watch *w)
{
    if (w->news == NULL) {
        w->news = xcalloc(1, sizeof *w->news);
        future_init(w->news, &news_kind, w->loop);
    }
    future_ref(w->news);
    return w->news;
}

static void end_news(struct watch *w)
{
    yon_future *news = w->news;

    w->news = NULL;
    if (news == NULL)
        return;
    future_end(news, ERR_NONE, NULL);
    future_unref(news);
}

/* ---- life ---- */

struct watch *watch_new(struct loop *loop)
{
    struct watch *w = xcalloc(1, sizeof *w);

    w->loop = loop;
    return w;
}

void watch_free(struct watch *w)
{
    if (w == NULL)
        return;
    yon_free(w->request);
    end_news(w);
    buf_fini(&w->doing);
    free(w);
}

/* ---- reports ---- */

void watch_note(struct watch *w, const struct op_progress *report)
{
    if (w->n_reports > 0 && report->done == w->done &&
        report->total == w->total &&
        view_equal(report->doing, buf_view(&w->doing)))
        return;
    w->done = report->done;
    w->total = report->total;
    buf_clear(&w->doing);
    buf_add_view(&w->doing, report->doing);
    pace_note(&w->pace, yon_now_ms(), report->done);
    w->n_reports++;
    end_news(w);
}

static void on_answer(void *arg, const struct op *op, bool last)
{
    const struct op_progress *report = &op->u.progress;

    (void)last;
    if (op->type == OP_PROGRESS &&
        (report->done > 0 || report->total > 0 || report->doing.len > 0))
        watch_note(arg, report);
}

void watch_ask(struct watch *w, yon_client *c, uint64_t job, uint32_t elem)
{
    struct op op = {
        .type = OP_AWAIT,
        .u.await = { .job = job, .elem = elem, .progress_ms = WATCH_MS },
    };

    ASSERT(w->request == NULL);
    w->request = request_new(c, &op, on_answer, w);
}

bool watch_has_news(const struct watch *w)
{
    ASSERT(w->n_taken <= w->n_reports);
    return w->n_taken < w->n_reports;
}

void watch_take(struct watch *w, struct yon_advance *out)
{
    int64_t now_ms = yon_now_ms();
    struct yon_advance own = {
        .done = w->done,
        .total = w->total,
        .doing = buf_text(&w->doing),
        .per_second = pace_rate(&w->pace, now_ms),
        .left_ms = pace_left_ms(&w->pace, now_ms, w->total),
    };

    ASSERT(watch_has_news(w));
    w->n_taken = w->n_reports;
    sized_give(out, &own, sizeof own);
}
