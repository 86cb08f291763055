/* SPDX-License-Identifier: MIT */
/* value_unpack - reading values by format. */
#include "proto/value.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/cursor.h"
#include "proto/format.h"
#include "proto/scan.h"
#include "proto/spec.h"

/* A worker keeps some for every job that is running. */
#define STRINGS_CHUNK_LEN 1024

struct unpacking {
    const char *at; /* in the format, which was checked */
    va_list args;
    struct value_doc *doc;
    char *errmsg;
};

static enum err wrong_type(const struct unpacking *r, const char *expected,
                           const struct mp_value *v)
{
    return err_set(r->errmsg, ERR_TYPE, "expected %s, got %s", expected,
                   mp_type_name(v->type));
}

/* Pass over the value that begins with `letter` and over its variables. */
static void skip_value(struct unpacking *r, char letter)
{
    unsigned depth = 0;

    for (;;) {
        if (letter == '[' || letter == '{')
            depth++;
        else if (letter == ']' || letter == '}')
            depth--;
        else if (strchr("n*?", letter) == NULL)
            (void)va_arg(r->args, void *);
        if (letter == 'S' || letter == 'B')
            (void)va_arg(r->args, void *);
        if (depth == 0)
            return;
        letter = format_take(&r->at);
    }
}

/* ---- single values; the caller puts the place before the message ---- */

static enum err get_signed(const struct unpacking *r, const struct mp_value *v,
                           int64_t min, int64_t max, int64_t *out)
{
    if (v->type != MP_NEGATIVE && v->type != MP_UNSIGNED)
        return wrong_type(r, "integer", v);
    if (v->type == MP_UNSIGNED && v->u.n > (uint64_t)max)
        return err_set(r->errmsg, ERR_RANGE, "%" PRIu64 ", at most %" PRId64,
                       v->u.n, max);
    if (v->type == MP_NEGATIVE && v->u.negative < min)
        return err_set(r->errmsg, ERR_RANGE, "%" PRId64 ", at least %" PRId64,
                       v->u.negative, min);
    *out = v->type == MP_NEGATIVE ? v->u.negative : (int64_t)v->u.n;
    return ERR_NONE;
}

static enum err read_int(struct unpacking *r, const struct mp_value *v)
{
    int *to = va_arg(r->args, int *);
    int64_t n = 0;
    enum err err = get_signed(r, v, INT_MIN, INT_MAX, &n);

    if (err == ERR_NONE)
        *to = (int)n;
    return err;
}

static enum err read_unsigned(struct unpacking *r, const struct mp_value *v)
{
    uint64_t *to = va_arg(r->args, uint64_t *);

    if (v->type == MP_NEGATIVE)
        return err_set(r->errmsg, ERR_RANGE, "%" PRId64 ", at least 0",
                       v->u.negative);
    if (v->type != MP_UNSIGNED)
        return wrong_type(r, "integer", v);
    *to = v->u.n;
    return ERR_NONE;
}

static enum err read_double(struct unpacking *r, const struct mp_value *v)
{
    double *to = va_arg(r->args, double *);

    switch (v->type) {
    case MP_FLOAT:
        *to = mp_double(v);
        return ERR_NONE;
    case MP_UNSIGNED:
        *to = (double)v->u.n;
        return ERR_NONE;
    case MP_NEGATIVE:
        *to = (double)v->u.negative;
        return ERR_NONE;
    default:
        return wrong_type(r, "number", v);
    }
}

static enum err read_bool(struct unpacking *r, const struct mp_value *v)
{
    int *to = va_arg(r->args, int *);

    if (v->type != MP_FLAG)
        return wrong_type(r, "bool", v);
    *to = v->u.flag;
    return ERR_NONE;
}

static enum err read_nil(const struct unpacking *r, const struct mp_value *v)
{
    return v->type == MP_NIL ? ERR_NONE : wrong_type(r, "nil", v);
}

/* Copy into the document, with a NUL behind. */
static enum err keep(const struct unpacking *r, struct view v, const char **out)
{
    char *copy;

    r->doc->strings.chunk_len = STRINGS_CHUNK_LEN;
    copy = arena_take(&r->doc->strings, v.len + 1, 1);
    if (copy == NULL)
        return err_set(r->errmsg, ERR_MEMORY, "out of memory");
    if (v.len > 0)
        memcpy(copy, v.data, v.len);
    *out = copy;
    return ERR_NONE;
}

static enum err read_string(struct unpacking *r, const struct mp_value *v)
{
    const char **to = va_arg(r->args, const char **);

    if (v->type != MP_STR)
        return wrong_type(r, "string", v);
    if (v->u.bytes.len > 0 && memchr(v->u.bytes.data, 0, v->u.bytes.len))
        return err_set(r->errmsg, ERR_TYPE, "string with a NUL byte inside");
    return keep(r, v->u.bytes, to);
}

static enum err read_bytes(struct unpacking *r, char letter,
                           const struct mp_value *v)
{
    /* char and void pointers look alike; the variable has either type */
    void *to = va_arg(r->args, void *);
    size_t *len = va_arg(r->args, size_t *);
    const char *copy = NULL;
    enum err err;

    if (letter == 'S' && v->type != MP_STR)
        return wrong_type(r, "string", v);
    if (letter == 'B' && v->type != MP_BIN)
        return wrong_type(r, "binary", v);
    err = keep(r, v->u.bytes, &copy);
    if (err != ERR_NONE)
        return err;
    memcpy(to, &copy, sizeof copy);
    *len = v->u.bytes.len;
    return ERR_NONE;
}

static enum err read_single(struct unpacking *r, char letter,
                            const struct yon_cursor *c)
{
    struct mp_value v = cursor_value(c);

    switch (letter) {
    case 'b':
        return read_bool(r, &v);
    case 'i':
        return read_int(r, &v);
    case 'I':
        return get_signed(r, &v, INT64_MIN, INT64_MAX,
                          va_arg(r->args, int64_t *));
    case 'U':
        return read_unsigned(r, &v);
    case 'd':
        return read_double(r, &v);
    case 's':
        return read_string(r, &v);
    case 'S':
    case 'B':
        return read_bytes(r, letter, &v);
    case 'V':
        *va_arg(r->args, struct yon_cursor *) = *c;
        return ERR_NONE;
    case 'n':
        return read_nil(r, &v);
    case '*':
        return ERR_NONE;
    default:
        UNREACHABLE("a checked format");
    }
}

/* ---- arrays and maps ---- */

static enum err read_value(struct unpacking *r, const struct yon_cursor *c);

/* How many values an array has; nil at the top is an empty one. */
static enum err count_items(struct unpacking *r, const struct yon_cursor *c,
                            uint64_t *n)
{
    struct mp_value head = cursor_value(c);

    *n = head.type == MP_ARRAY ? head.u.n : 0;
    if (head.type == MP_ARRAY || (head.type == MP_NIL && cursor_is_top(c)))
        return ERR_NONE;
    return cursor_blame(c, wrong_type(r, "array", &head), r->errmsg);
}

/* The next n values of the format, from an array. */
static enum err read_items(struct unpacking *r, const struct yon_cursor *c,
                           unsigned n)
{
    struct yon_cursor walk = *c, item;
    uint64_t n_there;
    enum err err = count_items(r, c, &n_there);

    if (err == ERR_NONE && n_there != n) {
        err =
            err_set(r->errmsg, ERR_TYPE,
                    "expected array of %u, got %" PRIu64 " in it", n, n_there);
        return cursor_blame(c, err, r->errmsg);
    }
    for (unsigned i = 0; err == ERR_NONE && i < n; i++) {
        err = cursor_next(&walk, &item, r->errmsg);
        if (err == ERR_NONE)
            err = read_value(r, &item);
    }
    return err;
}

/* The value of a key that is missing in a map, which errmsg says. */
static enum err read_missing(struct unpacking *r, const struct yon_cursor *map)
{
    char letter = format_take(&r->at);
    bool maybe = letter == '?';
    struct buf place = { 0 };

    if (maybe)
        letter = format_take(&r->at);
    skip_value(r, letter);
    if (maybe || letter == '*') {
        r->errmsg[0] = '\0';
        return ERR_NONE;
    }
    value_doc_add_place(map->doc, map->at, &place);
    buf_addf(&place, "%s", r->errmsg); /* .key: missing */
    err_set(r->errmsg, ERR_TYPE, "%s", buf_text(&place));
    buf_fini(&place);
    return ERR_TYPE;
}

/* The next n values of the format, keys and values in turn, from a map. */
static enum err read_fields(struct unpacking *r, const struct yon_cursor *c,
                            unsigned n)
{
    struct mp_value head = cursor_value(c);
    struct yon_cursor value;
    enum err err = ERR_NONE;

    if (head.type != MP_MAP && !(head.type == MP_NIL && cursor_is_top(c)))
        return cursor_blame(c, wrong_type(r, "map", &head), r->errmsg);
    for (unsigned i = 0; err == ERR_NONE && i < n; i += 2) {
        const char *key;

        format_take(&r->at); /* s */
        key = va_arg(r->args, const char *);
        if (cursor_get(c, view_str(key), &value, r->errmsg) == ERR_NONE)
            err = read_value(r, &value);
        else
            err = read_missing(r, c);
    }
    return err;
}

static enum err read_value(struct unpacking *r, const struct yon_cursor *c)
{
    char letter = format_take(&r->at);
    bool maybe = letter == '?';
    enum err err;

    if (maybe)
        letter = format_take(&r->at);
    if (maybe && cursor_value(c).type == MP_NIL) {
        skip_value(r, letter);
        return ERR_NONE;
    }
    if (letter == '[') {
        err = read_items(r, c, format_count(r->at));
        format_take(&r->at); /* ] */
        return err;
    }
    if (letter == '{') {
        err = read_fields(r, c, format_count(r->at));
        format_take(&r->at); /* } */
        return err;
    }
    err = read_single(r, letter, c);
    return err == ERR_NONE ? ERR_NONE : cursor_blame(c, err, r->errmsg);
}

/* "" : no argument at all, in whatever way it was written. */
static enum err read_nothing(const struct unpacking *r,
                             const struct yon_cursor *c)
{
    struct mp_value v = cursor_value(c);

    if (((v.type == MP_ARRAY || v.type == MP_MAP) && v.u.n == 0) ||
        v.type == MP_NIL)
        return ERR_NONE;
    return cursor_blame(c, wrong_type(r, "none", &v), r->errmsg);
}

static enum err read_all(struct unpacking *r, const struct yon_cursor *c)
{
    unsigned n = format_count(r->at);

    if (n == 0)
        return read_nothing(r, c);
    return n == 1 ? read_value(r, c) : read_items(r, c, n);
}

enum err value_unpack_at(const struct yon_cursor *c, const char *format,
                         va_list args, char *errmsg)
{
    struct unpacking r = { .at = format, .doc = c->doc, .errmsg = errmsg };
    enum err err = format_check(format, FORMAT_READ, errmsg);

    if (err != ERR_NONE)
        return err;
    if (cursor_is_none(c))
        return err_set(errmsg, ERR_TYPE, "the cursor is at no value");
    va_copy(r.args, args);
    err = read_all(&r, c);
    va_end(r.args);
    return err;
}

enum err value_unpack(struct value_doc *doc, struct view in, const char *format,
                      va_list args, char *errmsg)
{
    struct yon_cursor top;
    enum err err = scan_one(in, VALUE_DEPTH_MAX);

    if (err != ERR_NONE)
        return err_set(errmsg, err, "%s: %s",
                       doc->what != NULL ? doc->what : "args", err_text(err));
    doc->bytes = in;
    top = cursor_of(doc);
    return value_unpack_at(&top, format, args, errmsg);
}
