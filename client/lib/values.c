/* SPDX-License-Identifier: MIT */
/* values - results of futures, by format: <yon/yon.h>, <yon/co.h>.
 *
 * Whatever stands behind a future, its result is one msgpack value.
 */
#include <stdarg.h>
#include <stdlib.h>

#include <yon/co.h>

#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/promise.h"
#include "libcommon/rt/co/why.h"
#include "proto/value.h"

#define MSGPACK_NIL "\xc0"

static struct view value_of(const yon_future *f)
{
    struct view empty = { 0 };

    return f->done && f->err == ERR_NONE && f->kind->value != NULL
               ? f->kind->value(f)
               : empty;
}

static void doc_free(void *doc)
{
    value_doc_fini(doc);
    free(doc);
}

/* Strings that were read live as long as the future. */
static struct value_doc *doc_of(yon_future *f)
{
    struct value_doc *doc = f->attached;

    if (doc != NULL)
        return doc;
    doc = xcalloc(1, sizeof *doc);
    doc->what = "result";
    f->attached = doc;
    f->attached_free = doc_free;
    return doc;
}

/* The future and the reader are told why its result does not fit. */
static void note_misfit(yon_future *f, enum err err, const char *text)
{
    free(f->misfit);
    f->misfit = err == ERR_NONE ? NULL : xstrdup(text);
    if (err != ERR_NONE)
        why_note(-(int)err, text);
}

int yon_result(const yon_future *f, const char *format, ...)
{
    yon_future *own = (yon_future *)(uintptr_t)f;
    char errmsg[ERRMSG_LEN] = "";
    struct view value;
    va_list args;
    enum err err;

    if (loop_is_elsewhere(f->loop))
        return YON_ESTATE;
    future_note_read(f);
    if (!f->done)
        return YON_EPENDING;
    if (f->err != ERR_NONE) {
        future_note_error(f);
        return -(int)f->err;
    }
    value = value_of(f);
    if (value.len == 0)
        value = view_str(MSGPACK_NIL);
    va_start(args, format);
    err = value_unpack(doc_of(own), value, format, args, errmsg);
    va_end(args);
    note_misfit(own, err, errmsg);
    return -(int)err;
}

const void *yon_result_raw(const yon_future *f, size_t *len)
{
    struct view value;

    MISUSE_IF_ELSEWHERE(f->loop, "the future");
    value = value_of(f);
    future_note_read(f);
    *len = value.len;
    return value.len > 0 ? value.data : NULL;
}

int yon_value(const char *format, ...)
{
    struct coro *co = coro_current();
    struct buf unwanted = { 0 }, *value;
    char errmsg[ERRMSG_LEN] = "";
    va_list args;
    enum err err;

    if (co == NULL)
        return YON_ESTATE;
    value = co->value != NULL ? co->value : &unwanted;
    buf_clear(value);
    va_start(args, format);
    err = value_pack(value, format, args, errmsg);
    va_end(args);
    if (err != ERR_NONE)
        why_note(-(int)err, errmsg);
    buf_fini(&unwanted);
    return -(int)err;
}

int yon_keep(yon_promise *p, const char *format, ...)
{
    struct buf value = { 0 };
    char errmsg[ERRMSG_LEN] = "";
    va_list args;
    enum err err;

    va_start(args, format);
    err = value_pack(&value, format, args, errmsg);
    va_end(args);
    if (err != ERR_NONE)
        why_note(-(int)err, errmsg);
    promise_keep(p, value, -(int)err, err == ERR_NONE ? NULL : errmsg);
    return -(int)err;
}
