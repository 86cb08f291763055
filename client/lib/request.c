/* SPDX-License-Identifier: MIT */
/* request - any question to the coordinator, as a future. */
#include "client/lib/request.h"

#include <stdlib.h>

#include "client/lib/contact.h"
#include "client/lib/pending.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"

struct request {
    struct pending pending; /* first */
    request_answer_fn *answer;
    void *arg;
};

static void request_answer(struct pending *p, const struct op *op, bool last)
{
    struct request *r = CONTAINER_OF(p, struct request, pending);

    if (r->answer != NULL)
        r->answer(r->arg, op, last);
    if (last)
        pending_end(p, ERR_NONE, NULL);
}

static struct pending *pending_of(yon_future *f)
{
    return CONTAINER_OF(f, struct pending, future);
}

static void request_abandon(yon_future *f)
{
    pending_forget(pending_of(f));
}

static void request_destroy(yon_future *f)
{
    free(CONTAINER_OF(pending_of(f), struct request, pending));
}

static const struct future_kind request_future = {
    .name = "request",
    .cancel = NULL, /* let go of it instead */
    .abandon = request_abandon,
    .destroy = request_destroy,
};

static const struct pending_kind request_pending = {
    .answer = request_answer,
};

yon_future *request_new(yon_client *c, struct op *op, request_answer_fn *answer,
                        void *arg)
{
    struct request *r = xcalloc(1, sizeof *r);

    pending_init(&r->pending, &request_future, &request_pending, c);
    r->answer = answer;
    r->arg = arg;
    pending_ask(&r->pending, c, op);
    return &r->pending.future;
}

const char *request_put_off(const yon_client *c)
{
    return c->core == NULL ? "" : client_put_off(c->core);
}

int64_t request_lost_ms(const yon_client *c)
{
    int64_t since_ms;

    if (c->core == NULL || client_is_connected(c->core, &since_ms))
        return 0;
    return clock_boot_ms() - since_ms + 1;
}
