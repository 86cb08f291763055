/* SPDX-License-Identifier: MIT */
/* Any format with any value: the first byte is the length of the format, which
 * follows; the value is the rest. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/scan.h"
#include "proto/spec.h"
#include "proto/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err unpack(struct value_doc *a, struct view in, const char *format,
                       ...)
{
    char errmsg[ERRMSG_LEN] = "";
    va_list args;
    enum err err;

    va_start(args, format);
    err = value_unpack(a, in, format, args, errmsg);
    va_end(args);
    ASSERT((err == ERR_NONE) == (errmsg[0] == 0));
    return err;
}

static enum err pack(struct buf *out, const char *format, ...)
{
    char errmsg[ERRMSG_LEN] = "";
    va_list args;
    enum err err;

    va_start(args, format);
    err = value_pack(out, format, args, errmsg);
    va_end(args);
    ASSERT((err == ERR_NONE) == (errmsg[0] == 0));
    return err;
}

/* Letters of a format that take one or two arguments each. */
#define FORMAT_LEN_MAX 16
#define TWICE(x) x, x
#define ARGUMENTS(x) TWICE(TWICE(TWICE(TWICE(TWICE(x)))))

/* Each argument is the address of room for any variable, which is a string as
 * well: a write at its beginning leaves the NUL. */
union any {
    int i;
    int64_t big;
    double d;
    const char *s;
    yon_cursor cursor;
    char text[32];
};

static void any_format(const char *format, struct view in)
{
    struct value_doc doc = { 0 };
    union any room = { .text = "key" };
    struct buf out = { 0 };

    unpack(&doc, in, format, ARGUMENTS(&room));
    /* Lengths are addresses here, too long for any frame; a double is no
     * address, and the room no builder. */
    if (strpbrk(format, "dV") == NULL &&
        pack(&out, format, ARGUMENTS(&room)) == ERR_NONE)
        ASSERT(scan_one(buf_view(&out), VALUE_DEPTH_MAX) == ERR_NONE);
    buf_fini(&out);
    value_doc_fini(&doc);
}

struct fields {
    int b, i;
    int64_t big;
    uint64_t huge;
    const char *s, *text;
    const void *bin;
    size_t text_len, bin_len;
};

static enum err read_fields(struct value_doc *a, struct view in,
                            struct fields *f)
{
    return unpack(a, in, "{s?b s?i s?I s?U s?s s?[SB]}", "b", &f->b, "i", &f->i,
                  "I", &f->big, "U", &f->huge, "s", &f->s, "l", &f->text,
                  &f->text_len, &f->bin, &f->bin_len);
}

static void write_fields(struct buf *out, const struct fields *f)
{
    ASSERT(pack(out, "{sb si sI sU ss s[SB]}", "b", f->b, "i", f->i, "I",
                f->big, "U", f->huge, "s", f->s, "l", f->text, f->text_len,
                f->bin, f->bin_len) == ERR_NONE);
}

/* A value that fits its format is written and read again as the same. */
static void known_format(struct view in)
{
    struct value_doc doc = { 0 };
    struct fields f = { .s = "", .text = "", .bin = "" };
    struct buf once = { 0 }, twice = { 0 };

    if (read_fields(&doc, in, &f) == ERR_NONE) {
        write_fields(&once, &f);
        ASSERT(read_fields(&doc, buf_view(&once), &f) == ERR_NONE);
        write_fields(&twice, &f);
        ASSERT(view_equal(buf_view(&once), buf_view(&twice)));
    }
    buf_fini(&once);
    buf_fini(&twice);
    value_doc_fini(&doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char format[FORMAT_LEN_MAX + 1] = { 0 };
    size_t len;

    if (size == 0 || data[0] > FORMAT_LEN_MAX || data[0] >= size)
        return 0;
    len = data[0];
    memcpy(format, data + 1, len);
    any_format(format, view_of(data + 1 + len, size - 1 - len));
    known_format(view_of(data + 1 + len, size - 1 - len));
    return 0;
}
