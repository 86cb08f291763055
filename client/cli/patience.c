/* SPDX-License-Identifier: MIT */
#include "client/cli/patience.h"

#include <inttypes.h>

#include <yon/co.h>

#define PATIENCE_MS 1000

static void on_job(void *arg, const struct op *op, bool last)
{
    const struct patience *p = arg;
    const struct jobinfo *info;

    (void)last;
    if (op->type != OP_LIST_REPLY || op->u.list_reply.jobs.n == 0)
        return;
    info = &op->u.list_reply.jobs.at[0];
    if (info->state == STATE_WAITING && info->note.len > 0)
        cli_say(p->c, "yon: %" PRIu64 " waits: %.*s", p->job,
                (int)info->note.len, (const char *)info->note.data);
}

/* A coroutine: after a moment, say what it waits for. */
static int tell_await(void *arg)
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

void patience_begin(struct patience *p, struct cli *c, uint64_t job)
{
    *p = (struct patience){ .c = c, .job = job };
    p->telling = yon_spawn(tell_await, p);
}

void patience_end_await(struct patience *p)
{
    if (p->telling == NULL)
        return;
    (void)yon_cancel(p->telling);
    (void)yon_await(p->telling);
    yon_free(p->telling);
    p->telling = NULL;
}
