/* SPDX-License-Identifier: MIT */
#include "attend.h"

#include <inttypes.h>

#include <yon/co.h>

/* Who waits longer than this is told why. */
#define PATIENCE_MS 1000

void attend_cancel_await(struct cli *c, uint64_t job, const char *reason)
{
    struct op op = { .type = OP_CANCEL };

    op.u.cancel.job = job;
    op.u.cancel.first = 1;
    op.u.cancel.last = 1;
    op.u.cancel.reason = view_str(reason);
    (void)cli_ask_await(c, &op, NULL, NULL); /* what is wrong is told */
}

/* ---- why it does not start ---- */

struct patience {
    struct cli *c;
    uint64_t job;
};

static void on_job(void *arg, const struct op *op, bool last)
{
    const struct patience *p = arg;
    const struct jobinfo *info;

    (void)last;
    if (op->type != OP_JOBS || op->u.jobs.jobs.n == 0)
        return;
    info = &op->u.jobs.jobs.at[0];
    if (info->state == STATE_WAITING && info->note.len > 0)
        cli_say(p->c, "yon: %" PRIu64 " waits: %.*s", p->job,
                (int)info->note.len, (const char *)info->note.data);
}

/* A coroutine: after a moment, say what it waits for. */
static int say_why_await(void *arg)
{
    struct patience *p = arg;
    struct op op = { .type = OP_LIST };
    yon_future *f;
    int err = yon_sleep(PATIENCE_MS);

    if (err != 0)
        return err;
    op.u.list.what = LIST_ID;
    op.u.list.id = p->job;
    op.u.list.limit = 1;
    f = request_new(p->c->client, &op, on_job, p);
    err = yon_await(f);
    yon_free(f);
    return err;
}

/* ---- the end ---- */

static enum waited end_await(struct cli *c, uint64_t job, yon_future *f)
{
    enum waited waited = c->interrupted ? WAITED_INTERRUPT : cli_await(c, f);

    if (waited == WAITED_INTERRUPT) {
        cli_say(c, "yon: cancelling %" PRIu64 "; Ctrl-C again leaves at once",
                job);
        attend_cancel_await(c, job, "Ctrl-C");
        waited = cli_await(c, f);
    }
    if (waited == WAITED_TIMEOUT)
        cli_say(c, "yon: %" PRIu64 " goes on; cancel with: yon cancel %" PRIu64,
                job, job);
    return waited;
}

int attend_await(struct cli *c, uint64_t job, request_answer_fn *answer,
                 void *arg)
{
    struct patience patience = { c, job };
    yon_future *why = yon_spawn(say_why_await, &patience);
    struct op op = { .type = OP_AWAIT };
    yon_future *f;
    int code;

    op.u.await.job = job;
    f = request_new(c->client, &op, answer, arg);
    code = cli_fail_wait(c, end_await(c, job, f), f);
    (void)yon_cancel(why);
    (void)yon_await(why);
    yon_free(why);
    yon_free(f);
    return code == EXITS_DONE && c->interrupted ? EXITS_INTERRUPT : code;
}
