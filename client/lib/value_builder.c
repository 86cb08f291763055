/* SPDX-License-Identifier: MIT */
/* value_builder - values of any length are written: <yon/value.h>. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <yon/value.h>

#include "libcommon/mem.h"
#include "libcommon/rt/co/why.h"
#include "proto/bounds.h"
#include "proto/builder.h"
#include "proto/mp.h"
#include "proto/scan.h"
#include "proto/value.h"

yon_builder *yon_builder_new(void)
{
    yon_builder *b = xcalloc(1, sizeof *b);

    builder_init(b);
    return b;
}

void yon_builder_free(yon_builder *b)
{
    if (b != NULL)
        builder_fini(b);
    free(b);
}

void yon_builder_clear(yon_builder *b)
{
    builder_fini(b);
    builder_init(b);
}

/* ---- the value ---- */

static int told(enum err err, const char *errmsg)
{
    if (err != ERR_NONE)
        why_note(-(int)err, errmsg);
    return -(int)err;
}

int yon_builder_error(const yon_builder *b)
{
    char errmsg[ERRMSG_LEN];
    struct view value;

    return told(builder_value(b, &value, errmsg), errmsg);
}

const void *yon_builder_raw(const yon_builder *b, size_t *len)
{
    char errmsg[ERRMSG_LEN];
    struct view value = { 0 };

    told(builder_value(b, &value, errmsg), errmsg);
    *len = value.len;
    return value.data;
}

int yon_builder_read(yon_builder *b, const char *format, ...)
{
    char errmsg[ERRMSG_LEN];
    struct view value;
    va_list args;
    enum err err = builder_value(b, &value, errmsg);

    va_start(args, format);
    if (err == ERR_NONE)
        err = value_unpack(&b->doc, value, format, args, errmsg);
    va_end(args);
    return told(err, errmsg);
}

/* ---- its parts ---- */

void yon_build(yon_builder *b, const char *format, ...)
{
    char errmsg[ERRMSG_LEN];
    va_list args;
    enum err err;

    if (b->err != ERR_NONE)
        return;
    buf_clear(&b->values);
    va_start(args, format);
    err = value_pack_each(&b->values, format, args, errmsg);
    va_end(args);
    if (err == ERR_NONE)
        builder_add(b, buf_view(&b->values));
    else
        builder_fail(b, err, errmsg);
}

void yon_build_nil(yon_builder *b)
{
    struct buf *out = builder_begin(b, false);

    if (out != NULL)
        mp_pack_nil(out);
}

void yon_build_bool(yon_builder *b, int flag)
{
    struct buf *out = builder_begin(b, false);

    if (out != NULL)
        mp_pack_flag(out, flag != 0);
}

void yon_build_int(yon_builder *b, int64_t n)
{
    struct buf *out = builder_begin(b, false);

    if (out != NULL)
        mp_pack_int64(out, n);
}

void yon_build_uint(yon_builder *b, uint64_t n)
{
    struct buf *out = builder_begin(b, false);

    if (out != NULL)
        mp_pack_uint64(out, n);
}

void yon_build_double(yon_builder *b, double d)
{
    struct buf *out = builder_begin(b, false);

    if (out != NULL)
        mp_pack_double(out, d);
}

/* Of a string or binary. */
static bool check_bytes(yon_builder *b, const void *data, size_t len)
{
    if (data == NULL && len > 0)
        builder_fail(b, ERR_FORMAT, "string is NULL");
    else if (len > FRAME_LEN_MAX)
        builder_fail(b, ERR_LIMIT, "a string of more than 32 MiB");
    return b->err == ERR_NONE;
}

void yon_build_string_len(yon_builder *b, const char *text, size_t len)
{
    struct buf *out = check_bytes(b, text, len) ? builder_begin(b, true) : NULL;

    if (out != NULL)
        mp_pack_text(out, view_of(text, len));
}

void yon_build_string(yon_builder *b, const char *text)
{
    yon_build_string_len(b, text, text != NULL ? strlen(text) : 1);
}

void yon_build_binary(yon_builder *b, const void *data, size_t len)
{
    struct buf *out =
        check_bytes(b, data, len) ? builder_begin(b, false) : NULL;

    if (out != NULL)
        mp_pack_bytes(out, view_of(data, len));
}

void yon_build_raw(yon_builder *b, const void *value, size_t len)
{
    enum err err = scan_one(view_of(value, len), VALUE_DEPTH_MAX);

    if (err == ERR_NONE)
        builder_add(b, view_of(value, len));
    else
        builder_fail(b, err, "the bytes are no msgpack value");
}

void yon_build_array(yon_builder *b)
{
    builder_open(b, false);
}

void yon_build_map(yon_builder *b)
{
    builder_open(b, true);
}

void yon_build_end(yon_builder *b)
{
    builder_close(b);
}
