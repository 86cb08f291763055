/* SPDX-License-Identifier: MIT */
/* Any bytes as a value: a cursor that walks through it reads what a builder
 * writes again as the same, and each place has a name. Or, as the first byte
 * says, the bytes drive a builder. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yon/value.h>

#include "libcommon/check.h"
#include "proto/cursor.h"
#include "proto/scan.h"
#include "proto/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy(yon_cursor *c, yon_builder *out);

static void copy_array(yon_cursor *c, yon_builder *out)
{
    yon_cursor value;
    size_t n = 0;

    yon_build_array(out);
    for (; yon_cursor_next(c, &value) == 0; n++)
        copy(&value, out);
    yon_build_end(out);
    ASSERT(n == yon_cursor_count(c));
}

/* A key that is no string is no key for a builder, which is told so. */
static void copy_map(yon_cursor *c, yon_builder *out)
{
    yon_cursor key, value;
    size_t n = 0;

    yon_build_map(out);
    for (; yon_cursor_next_pair(c, &key, &value) == 0; n++) {
        copy(&key, out);
        copy(&value, out);
    }
    yon_build_end(out);
    ASSERT(n == yon_cursor_count(c));
}

static void copy_number(const yon_cursor *c, yon_builder *out)
{
    int64_t n;
    uint64_t u;

    if (yon_cursor_read(c, "I", &n) == 0) {
        yon_build_int(out, n);
    } else {
        ASSERT(yon_cursor_read(c, "U", &u) == 0);
        yon_build_uint(out, u);
    }
}

static void copy_scalar(const yon_cursor *c, yon_builder *out)
{
    const void *bytes = "";
    size_t len = 0;
    double d = 0;
    int flag = 0;

    switch (yon_cursor_type(c)) {
    case YON_TYPE_BOOL:
        ASSERT(yon_cursor_read(c, "b", &flag) == 0);
        yon_build_bool(out, flag);
        break;
    case YON_TYPE_FLOAT:
        ASSERT(yon_cursor_read(c, "d", &d) == 0);
        yon_build_double(out, d);
        break;
    case YON_TYPE_STRING:
        ASSERT(yon_cursor_read(c, "S", &bytes, &len) == 0);
        yon_build_string_len(out, bytes, len);
        break;
    case YON_TYPE_BINARY:
        ASSERT(yon_cursor_read(c, "B", &bytes, &len) == 0);
        yon_build_binary(out, bytes, len);
        break;
    case YON_TYPE_NIL:
        yon_build_nil(out);
        break;
    default: /* an extension */
        bytes = yon_cursor_raw(c, &len);
        yon_build_raw(out, bytes, len);
    }
}

static void copy(yon_cursor *c, yon_builder *out)
{
    struct buf place = { 0 };
    static const char outside[] = "value";

    value_doc_add_place(c->doc, c->at, &place);
    ASSERT(memcmp(buf_text(&place), outside, strlen(outside)) == 0);
    buf_fini(&place);
    if (yon_cursor_type(c) == YON_TYPE_ARRAY)
        copy_array(c, out);
    else if (yon_cursor_type(c) == YON_TYPE_MAP)
        copy_map(c, out);
    else if (yon_cursor_type(c) == YON_TYPE_INTEGER)
        copy_number(c, out);
    else
        copy_scalar(c, out);
}

/* Twice: what a builder writes is in the shortest form. */
static void walk(struct view in)
{
    yon_builder *first = yon_builder_new(), *second = yon_builder_new();
    size_t n, m;
    yon_cursor c;

    yon_build_raw(first, in.data, in.len);
    if (yon_builder_read(first, "V", &c) == 0) {
        copy(&c, second);
        yon_builder_clear(first);
        if (yon_builder_read(second, "V", &c) == 0) {
            const void *once, *twice;

            copy(&c, first);
            once = yon_builder_raw(second, &n);
            twice = yon_builder_raw(first, &m);
            ASSERT(n == m && memcmp(once, twice, n) == 0);
        }
    }
    yon_builder_free(first);
    yon_builder_free(second);
}

/* Whatever is called in whatever order, what comes out is a value. */
static void build(struct view in)
{
    yon_builder *b = yon_builder_new();
    const void *bytes;
    size_t len;

    for (size_t i = 0; i < in.len; i++) {
        switch (in.data[i] % 8) {
        case 0:
            yon_build_array(b);
            break;
        case 1:
            yon_build_map(b);
            break;
        case 2:
        case 3:
            yon_build_end(b);
            break;
        case 4:
            yon_build_string_len(b, (const char *)in.data, i);
            break;
        case 5:
            yon_build(b, "s[i]", "k", 1);
            break;
        case 6:
            yon_build_raw(b, in.data + i, in.len - i < 4 ? in.len - i : 4);
            break;
        default:
            yon_build_int(b, -(int64_t)in.data[i]);
        }
    }
    bytes = yon_builder_raw(b, &len);
    ASSERT((bytes != NULL) == (yon_builder_error(b) == 0));
    if (bytes != NULL)
        ASSERT(scan_one(view_of(bytes, len), VALUE_DEPTH_MAX) == ERR_NONE);
    yon_builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 4 == 0)
        build(view_of(data + 1, size - 1));
    else
        walk(view_of(data + 1, size - 1));
    return 0;
}
