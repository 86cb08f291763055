/* SPDX-License-Identifier: MIT */
/* value_unpack - reading values by format. */
#include "proto/value.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/format.h"
#include "proto/scan.h"
#include "proto/spec.h"
#include "proto/tree.h"

/* A worker keeps one for every job that is running. */
#define ZONE_CHUNK_LEN 1024

/* Where in the value we are, for messages: a chain on the stack. */
struct spot {
    const struct spot *up; /* NULL: the value itself */
    const char *key;       /* in a map, else NULL */
    unsigned index;        /* in an array, from 1 */
};

struct unpacking {
    const char *at; /* in the format, which was checked */
    va_list args;
    struct value_arena *arena;
    msgpack_zone *zone;
    char *errmsg;
};

static const char *what_of(const struct unpacking *r)
{
    return r->arena->what != NULL ? r->arena->what : "argument";
}

/* `argument`, `argument "w"`, `argument 2, "w", item 3` */
static void spot_text(const struct unpacking *r, const struct spot *spot,
                      struct buf *out)
{
    bool first = spot->up == NULL || spot->up->up == NULL;

    if (spot->up == NULL) {
        buf_addf(out, "%s", what_of(r));
        return;
    }
    spot_text(r, spot->up, out);
    if (spot->key != NULL)
        buf_addf(out, "%s \"%s\"", first ? "" : ",", spot->key);
    else
        buf_addf(out, first ? " %u" : ", item %u", spot->index);
}

/* Put the place before what errmsg says. */
static enum err blame(const struct unpacking *r, const struct spot *spot,
                      enum err err)
{
    struct buf text = { 0 };

    spot_text(r, spot, &text);
    err_wrap(r->errmsg, err, "%s", buf_text(&text));
    buf_fini(&text);
    return err;
}

static enum err wrong_type(const struct unpacking *r, const char *expected,
                           const msgpack_object *o)
{
    return err_set(r->errmsg, ERR_TYPE, "expected %s, got %s", expected,
                   tree_type(o));
}

static enum err missing(const struct unpacking *r)
{
    return err_set(r->errmsg, ERR_TYPE, "missing");
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

static enum err get_signed(const struct unpacking *r, const msgpack_object *o,
                           int64_t min, int64_t max, int64_t *out)
{
    bool negative = o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER;

    if (!negative && o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return wrong_type(r, "integer", o);
    if (!negative && o->via.u64 > (uint64_t)max)
        return err_set(r->errmsg, ERR_RANGE, "%" PRIu64 ", at most %" PRId64,
                       o->via.u64, max);
    if (negative && o->via.i64 < min)
        return err_set(r->errmsg, ERR_RANGE, "%" PRId64 ", at least %" PRId64,
                       o->via.i64, min);
    *out = negative ? o->via.i64 : (int64_t)o->via.u64;
    return ERR_NONE;
}

static enum err read_int(struct unpacking *r, const msgpack_object *o)
{
    int *to = va_arg(r->args, int *);
    int64_t n = 0;
    enum err err = get_signed(r, o, INT_MIN, INT_MAX, &n);

    if (err == ERR_NONE)
        *to = (int)n;
    return err;
}

static enum err read_unsigned(struct unpacking *r, const msgpack_object *o)
{
    uint64_t *to = va_arg(r->args, uint64_t *);

    if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return err_set(r->errmsg, ERR_RANGE, "%" PRId64 ", at least 0",
                       o->via.i64);
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return wrong_type(r, "integer", o);
    *to = o->via.u64;
    return ERR_NONE;
}

static enum err read_double(struct unpacking *r, const msgpack_object *o)
{
    double *to = va_arg(r->args, double *);

    switch (o->type) {
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        *to = o->via.f64;
        return ERR_NONE;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        *to = (double)o->via.u64;
        return ERR_NONE;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        *to = (double)o->via.i64;
        return ERR_NONE;
    default:
        return wrong_type(r, "number", o);
    }
}

static enum err read_bool(struct unpacking *r, const msgpack_object *o)
{
    int *to = va_arg(r->args, int *);

    if (o->type != MSGPACK_OBJECT_BOOLEAN)
        return wrong_type(r, "bool", o);
    *to = o->via.boolean;
    return ERR_NONE;
}

static enum err read_nil(const struct unpacking *r, const msgpack_object *o)
{
    return o->type == MSGPACK_OBJECT_NIL ? ERR_NONE : wrong_type(r, "nil", o);
}

/* Copy into the arena, with a NUL behind. */
static enum err keep(const struct unpacking *r, struct view v, const char **out)
{
    char *copy = tree_zone_take(r->zone, v.len + 1, 1);

    if (copy == NULL)
        return err_set(r->errmsg, ERR_MEMORY, "out of memory");
    if (v.len > 0)
        memcpy(copy, v.data, v.len);
    copy[v.len] = 0;
    *out = copy;
    return ERR_NONE;
}

static enum err read_string(struct unpacking *r, const msgpack_object *o)
{
    const char **to = va_arg(r->args, const char **);
    struct view v;

    if (o->type != MSGPACK_OBJECT_STR)
        return wrong_type(r, "string", o);
    v = tree_str(o);
    if (v.len > 0 && memchr(v.data, 0, v.len) != NULL)
        return err_set(r->errmsg, ERR_TYPE, "string with a NUL byte inside");
    return keep(r, v, to);
}

static enum err read_bytes(struct unpacking *r, char letter,
                           const msgpack_object *o)
{
    /* char and void pointers look alike; the variable has either type */
    void *to = va_arg(r->args, void *);
    size_t *len = va_arg(r->args, size_t *);
    struct view v;
    const char *copy = NULL;
    enum err err;

    if (letter == 'S' && o->type != MSGPACK_OBJECT_STR)
        return wrong_type(r, "string", o);
    if (letter == 'B' && o->type != MSGPACK_OBJECT_BIN)
        return wrong_type(r, "binary", o);
    v = letter == 'S' ? tree_str(o) : tree_bin(o);
    err = keep(r, v, &copy);
    if (err != ERR_NONE)
        return err;
    memcpy(to, &copy, sizeof copy);
    *len = v.len;
    return ERR_NONE;
}

static enum err read_single(struct unpacking *r, char letter,
                            const msgpack_object *o)
{
    switch (letter) {
    case 'b':
        return read_bool(r, o);
    case 'i':
        return read_int(r, o);
    case 'I':
        return get_signed(r, o, INT64_MIN, INT64_MAX,
                          va_arg(r->args, int64_t *));
    case 'U':
        return read_unsigned(r, o);
    case 'd':
        return read_double(r, o);
    case 's':
        return read_string(r, o);
    case 'S':
    case 'B':
        return read_bytes(r, letter, o);
    case 'n':
        return read_nil(r, o);
    case '*':
        return ERR_NONE;
    default:
        UNREACHABLE("a checked format");
    }
}

/* ---- arrays and maps ---- */

/* `o` is NULL for a key that is missing. */
static enum err read_value(struct unpacking *r, const struct spot *spot,
                           const msgpack_object *o);

static bool is_no_argument(const struct spot *spot, const msgpack_object *o)
{
    return spot->up == NULL && o->type == MSGPACK_OBJECT_NIL;
}

/* The next n values of the format, from an array. */
static enum err read_elements(struct unpacking *r, const struct spot *spot,
                              const msgpack_object *o, unsigned n)
{
    msgpack_object_array array = { 0, NULL };
    enum err err = ERR_NONE;

    if (o->type == MSGPACK_OBJECT_ARRAY)
        array = o->via.array;
    else if (!is_no_argument(spot, o))
        return blame(r, spot, wrong_type(r, "array", o));
    if (array.size != n)
        return blame(r, spot,
                     err_set(r->errmsg, ERR_TYPE,
                             "expected array of %u, got %" PRIu32 " in it", n,
                             array.size));
    for (unsigned i = 0; err == ERR_NONE && i < n; i++) {
        struct spot here = { spot, NULL, i + 1 };

        err = read_value(r, &here, &array.ptr[i]);
    }
    return err;
}

static const msgpack_object *find(const msgpack_object_map *map,
                                  const char *key)
{
    for (uint32_t i = 0; i < map->size; i++) {
        const msgpack_object *k = &map->ptr[i].key;

        if (k->type == MSGPACK_OBJECT_STR &&
            view_equal(tree_str(k), view_str(key)))
            return &map->ptr[i].val;
    }
    return NULL;
}

/* The next n values of the format, keys and values in turn, from a map. */
static enum err read_fields(struct unpacking *r, const struct spot *spot,
                            const msgpack_object *o, unsigned n)
{
    msgpack_object_map map = { 0, NULL };
    enum err err = ERR_NONE;

    if (o->type == MSGPACK_OBJECT_MAP)
        map = o->via.map;
    else if (!is_no_argument(spot, o))
        return blame(r, spot, wrong_type(r, "map", o));
    for (unsigned i = 0; err == ERR_NONE && i < n; i += 2) {
        struct spot here = { spot, NULL, 0 };

        format_take(&r->at); /* s */
        here.key = va_arg(r->args, const char *);
        err = read_value(r, &here, find(&map, here.key));
    }
    return err;
}

static enum err read_value(struct unpacking *r, const struct spot *spot,
                           const msgpack_object *o)
{
    char letter = format_take(&r->at);
    bool maybe = letter == '?';
    enum err err;

    if (maybe)
        letter = format_take(&r->at);
    if (maybe && (o == NULL || o->type == MSGPACK_OBJECT_NIL)) {
        skip_value(r, letter);
        return ERR_NONE;
    }
    if (o == NULL)
        return letter == '*' ? ERR_NONE : blame(r, spot, missing(r));
    if (letter == '[') {
        err = read_elements(r, spot, o, format_count(r->at));
        format_take(&r->at); /* ] */
        return err;
    }
    if (letter == '{') {
        err = read_fields(r, spot, o, format_count(r->at));
        format_take(&r->at); /* } */
        return err;
    }
    err = read_single(r, letter, o);
    return err == ERR_NONE ? ERR_NONE : blame(r, spot, err);
}

/* "" : no argument at all, in whatever way it was written. */
static enum err read_nothing(const struct unpacking *r, const struct spot *spot,
                             const msgpack_object *o)
{
    if ((o->type == MSGPACK_OBJECT_ARRAY && o->via.array.size == 0) ||
        (o->type == MSGPACK_OBJECT_MAP && o->via.map.size == 0) ||
        o->type == MSGPACK_OBJECT_NIL)
        return ERR_NONE;
    return blame(r, spot, wrong_type(r, "none", o));
}

static enum err read_top(struct unpacking *r, const msgpack_object *o)
{
    struct spot top = { NULL, NULL, 0 };
    unsigned n = format_count(r->at);

    if (n == 0)
        return read_nothing(r, &top, o);
    return n == 1 ? read_value(r, &top, o) : read_elements(r, &top, o, n);
}

static enum err unpack(struct unpacking *r, struct view in, msgpack_object *o)
{
    struct value_arena *a = r->arena;
    enum err err = scan_one(in, VALUE_DEPTH_MAX);

    if (err == ERR_NONE) {
        if (a->zone == NULL)
            a->zone = tree_zone_new(ZONE_CHUNK_LEN);
        r->zone = a->zone;
        err = tree_unpack(r->zone, in, o);
    }
    if (err != ERR_NONE)
        err_set(r->errmsg, err, "%s: %s", what_of(r), err_text(err));
    return err;
}

enum err value_unpack(struct value_arena *a, struct view in, const char *format,
                      va_list args, char *errmsg)
{
    struct unpacking r = { .at = format, .arena = a, .errmsg = errmsg };
    msgpack_object o;
    enum err err = format_check(format, FORMAT_READ, errmsg);

    if (err == ERR_NONE)
        err = unpack(&r, in, &o);
    if (err != ERR_NONE)
        return err;
    va_copy(r.args, args);
    err = read_top(&r, &o);
    va_end(r.args);
    return err;
}

void value_arena_fini(struct value_arena *a)
{
    if (a == NULL || a->zone == NULL)
        return;
    msgpack_zone_free(a->zone);
    a->zone = NULL;
}
