/* SPDX-License-Identifier: MIT */
/* start_notice - why a job has not started, said after a second of waiting. */
#include "client/cli/start_notice.h"

#include <inttypes.h>

#include <yon/co.h>

#include "libcommon/check.h"

#define NOTICE_AFTER_MS 1000

static void on_job(void *arg, const struct op *op, bool last)
{
    const struct start_notice *n = arg;
    const struct jobinfo *info;

    (void)last;
    if (op->type != OP_LIST_REPLY || op->u.list_reply.jobs.n == 0)
        return;
    info = &op->u.list_reply.jobs.at[0];
    if (info->state == STATE_WAITING && info->note.len > 0)
        cli_say(n->c, "yon: %" PRIu64 " waits: %.*s", n->job,
                (int)info->note.len, (const char *)info->note.data);
}

/* A coroutine: after a moment, say why the job waits. */
static int tell_co(void *arg)
{
    struct start_notice *n = arg;
    struct op op = { .type = OP_LIST };
    yon_future *f;
    int err = yon_sleep(NOTICE_AFTER_MS);

    if (err != 0)
        return err;
    op.u.list.what = LIST_ID;
    op.u.list.id = n->job;
    op.u.list.limit = 1;
    f = request_new(n->c->client, &op, on_job, n);
    err = yon_await(f);
    yon_free(f);
    return err;
}

void start_notice_begin(struct start_notice *n, struct cli *c, uint64_t job)
{
    *n = (struct start_notice){ .c = c, .job = job };
    n->telling = yon_spawn(tell_co, n);
}

void start_notice_end_await(struct start_notice *n)
{
    if (n->telling == NULL)
        return;
    ASSERT(n->c != NULL && n->job != 0);
    (void)yon_cancel(n->telling);
    (void)yon_await(n->telling);
    yon_free(n->telling);
    n->telling = NULL;
}
