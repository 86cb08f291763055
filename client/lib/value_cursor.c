/* SPDX-License-Identifier: MIT */
/* value_cursor - values of any length are read: <yon/value.h>. */
#include <stdarg.h>

#include <yon/value.h>

#include "libcommon/rt/co/why.h"
#include "proto/cursor.h"
#include "proto/value.h"

static int told(enum err err, const char *errmsg)
{
    if (err != ERR_NONE && err != ERR_EXHAUSTED)
        why_note(-(int)err, errmsg);
    return -(int)err;
}

enum yon_type yon_cursor_type(const yon_cursor *c)
{
    static const enum yon_type types[] = {
        [MP_NIL] = YON_TYPE_NIL,          [MP_FLAG] = YON_TYPE_BOOL,
        [MP_UNSIGNED] = YON_TYPE_INTEGER, [MP_NEGATIVE] = YON_TYPE_INTEGER,
        [MP_FLOAT] = YON_TYPE_FLOAT,      [MP_STR] = YON_TYPE_STRING,
        [MP_BIN] = YON_TYPE_BINARY,       [MP_ARRAY] = YON_TYPE_ARRAY,
        [MP_MAP] = YON_TYPE_MAP,          [MP_EXT] = YON_TYPE_EXTENSION,
    };

    return cursor_is_none(c) ? YON_TYPE_NONE : types[cursor_value(c).type];
}

size_t yon_cursor_count(const yon_cursor *c)
{
    struct mp_value v;

    if (cursor_is_none(c))
        return 0;
    v = cursor_value(c);
    switch (v.type) {
    case MP_ARRAY:
    case MP_MAP:
        return (size_t)v.u.n;
    case MP_STR:
    case MP_BIN:
        return v.u.bytes.len;
    default:
        return 0;
    }
}

int yon_cursor_next(yon_cursor *array, yon_cursor *value)
{
    char errmsg[ERRMSG_LEN];

    return told(cursor_next(array, value, errmsg), errmsg);
}

int yon_cursor_next_pair(yon_cursor *map, yon_cursor *key, yon_cursor *value)
{
    char errmsg[ERRMSG_LEN];
    yon_cursor unwanted;

    return told(
        cursor_next_pair(map, key != NULL ? key : &unwanted, value, errmsg),
        errmsg);
}

int yon_cursor_item(const yon_cursor *array, size_t i, yon_cursor *value)
{
    char errmsg[ERRMSG_LEN];

    return told(cursor_item(array, i, value, errmsg), errmsg);
}

int yon_cursor_get(const yon_cursor *map, const char *key, yon_cursor *value)
{
    char errmsg[ERRMSG_LEN];

    return told(cursor_get(map, view_str(key), value, errmsg), errmsg);
}

int yon_cursor_read(const yon_cursor *c, const char *format, ...)
{
    char errmsg[ERRMSG_LEN];
    va_list args;
    enum err err;

    va_start(args, format);
    err = value_unpack_at(c, format, args, errmsg);
    va_end(args);
    return told(err, errmsg);
}

const void *yon_cursor_raw(const yon_cursor *c, size_t *len)
{
    struct view bytes =
        cursor_is_none(c) ? (struct view){ 0 } : cursor_bytes(c);

    *len = bytes.len;
    return bytes.data;
}
