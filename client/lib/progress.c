/* SPDX-License-Identifier: MIT */
/* progress - waiting for the next report of a job: <yon/yon.h>,
 * yon_await_progress. */
#include <yon/co.h>

#include "client/lib/job_future.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/sized.h"

static int request_await(struct job_future *j)
{
    uint64_t job;
    int code = yon_await_id(&j->request.future, &job);

    if (code == 0 && j->watch != NULL && j->watch->request == NULL &&
        j->request.client != NULL)
        watch_ask(j->watch, j->request.client, job, j->elem);
    return code;
}

static int news_await(struct job_future *j)
{
    yon_future *fs[] = { &j->request.future, watch_news(j->watch) };
    size_t which;
    int code = yon_any(fs, 2, &which);

    future_unref(fs[1]);
    return code;
}

/* Wait until there is a new report. */
static int report_await(struct job_future *j)
{
    int code = -(int)coro_refusal_await();

    while (code == 0 && j->watch != NULL && !watch_has_news(j->watch)) {
        if (j->request.future.done)
            return YON_EEXHAUSTED;
        /* A job that runs in this process reports by itself. */
        if (j->request.future.co == NULL && j->watch->request == NULL)
            code = request_await(j);
        else
            code = news_await(j);
    }
    if (j->request.future.done && code != 0 && coro_stop_here() == ERR_NONE)
        return YON_EEXHAUSTED; /* it was refused */
    return j->watch == NULL ? YON_ECLOSED : code;
}

int yon_await_progress(yon_future *f, struct yon_advance *out)
{
    struct job_future *j = job_future_of(f);
    int code;

    if (loop_is_elsewhere(f->loop))
        return YON_ESTATE;
    if (j == NULL)
        return YON_ETYPE;
    code = -(int)sized_check(out, sizeof *out);
    if (code != 0)
        return code;
    if (j->watch == NULL)
        j->watch = watch_new(f->loop);
    future_ref(f);
    code = report_await(j);
    if (code == 0)
        watch_take(j->watch, out);
    future_unref(f);
    return code;
}
