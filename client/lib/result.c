/* SPDX-License-Identifier: MIT */
/* result - what the future of a job knows: <yon/yon.h>. */
#include <stdarg.h>

#include "job_future.h"

#define MSGPACK_NIL "\xc0"

int yon_await_id(yon_future *f, uint64_t *job)
{
    struct job_future *j = job_future_of(f);
    int code = 0;

    if (j == NULL)
        return YON_ETYPE;
    if (j->job == 0) {
        future_ref(f);
        code = yon_await(&j->receipt);
        if (code == 0)
            *job = j->job;
        future_unref(f);
        return code;
    }
    *job = j->job;
    return 0;
}

uint64_t yon_id(const yon_future *f)
{
    const struct job_future *j = job_future_of(f);

    return j != NULL ? j->job : 0;
}

int yon_result(const yon_future *f, const char *format, ...)
{
    struct job_future *j = job_future_of(f);
    struct view result = view_str(MSGPACK_NIL);
    va_list args;
    enum err err;

    if (!f->done)
        return YON_EPENDING;
    if (f->err != ERR_NONE)
        return -(int)f->err;
    if (j == NULL)
        return YON_ETYPE;
    if (j->result.len > 0)
        result = buf_view(&j->result);
    va_start(args, format);
    err = value_unpack(&j->arena, result, format, args, NULL);
    va_end(args);
    return -(int)err;
}

static const void *bytes_of(const struct buf *b, size_t *len)
{
    *len = b->len;
    return b->len > 0 ? b->data : NULL;
}

const void *yon_result_raw(const yon_future *f, size_t *len)
{
    const struct job_future *j = job_future_of(f);

    *len = 0;
    return j != NULL ? bytes_of(&j->result, len) : NULL;
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
