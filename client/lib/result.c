/* SPDX-License-Identifier: MIT */
/* result - what the future of a job knows: <yon/yon.h>. */
#include "client/lib/job_future.h"

int yon_await_id(yon_future *f, uint64_t *job)
{
    struct job_future *j = job_future_of(f);
    int code;

    if (j == NULL)
        return YON_ETYPE;
    future_ref(f);
    code = yon_await(&j->receipt);
    if (code == 0)
        *job = j->job;
    future_unref(f);
    return code;
}

yon_future *yon_receipt(yon_future *f)
{
    struct job_future *j = job_future_of(f);

    return j != NULL ? &j->receipt : NULL;
}

uint64_t yon_id(const yon_future *f)
{
    const struct job_future *j = job_future_of(f);

    if (j == NULL)
        j = job_future_of_receipt(f);
    return j != NULL ? j->job : 0;
}

static const void *bytes_of(const struct buf *b, size_t *len)
{
    *len = b->len;
    return b->len > 0 ? b->data : NULL;
}

const void *yon_output(const yon_future *f, int which, size_t *len)
{
    const struct job_future *j = job_future_of(f);

    *len = 0;
    if (j == NULL || (which != STREAM_OUT && which != STREAM_ERR))
        return NULL;
    return bytes_of(which == STREAM_OUT ? &j->out : &j->err, len);
}

int yon_exit_code(const yon_future *f)
{
    const struct job_future *j = job_future_of(f);

    return j != NULL ? j->exit_code : -1;
}
