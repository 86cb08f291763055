/* SPDX-License-Identifier: MIT */
/* remainder - what a follower may not have read of an attempt that is over. */
#include "coordinator/core/model/remainder.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

static size_t len_of(const struct remainder *r)
{
    return sizeof *r + blob_view(r->body).len;
}

static void remainder_free(struct session *s, struct remainder *r)
{
    ASSERT(s->remainders_len >= len_of(r));
    s->remainders_len -= len_of(r);
    list_remove(&r->in_session);
    blob_unref(r->body);
    free(r);
}

void remainder_keep(struct session *s, struct task_id task,
                    struct attempt_id of, uint8_t streams, struct blob *body)
{
    struct remainder *r = xcalloc(1, sizeof *r);

    r->task = task;
    r->of = of;
    r->streams = streams;
    r->body = body;
    list_init(&r->in_session);
    list_insert(&s->remainders, &r->in_session);
    s->remainders_len += len_of(r);
    if (s->remainders_len > REMAINDERS_LEN_MAX)
        remainder_free(s, r);
}

static bool is_of(const struct remainder *r, struct task_id task,
                  uint8_t stream)
{
    return r->task.job.n == task.job.n && r->task.elem == task.elem &&
           (r->streams & STREAM_BIT(stream)) != 0;
}

const struct remainder *remainder_find(const struct session *s,
                                       struct task_id task, uint8_t stream)
{
    LIST_EACH (it, save, &s->remainders) {
        const struct remainder *r =
            LIST_ENTRY(it, struct remainder, in_session);

        if (is_of(r, task, stream))
            return r;
    }
    return NULL;
}

void remainder_read(struct session *s, struct task_id task,
                    struct attempt_id of, uint8_t stream)
{
    LIST_EACH (it, save, &s->remainders) {
        struct remainder *r = LIST_ENTRY(it, struct remainder, in_session);

        if (!is_of(r, task, stream) || !attempt_equal(r->of, of))
            continue;
        r->streams &= (uint8_t)~STREAM_BIT(stream);
        if (r->streams == 0)
            remainder_free(s, r);
    }
}

void remainders_free(struct session *s)
{
    LIST_EACH (it, save, &s->remainders)
        remainder_free(s, LIST_ENTRY(it, struct remainder, in_session));
}
