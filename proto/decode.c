/* SPDX-License-Identifier: MIT */
/* decode - msgpack arrays into structs, by layout, each value checked.
 *
 * The values are taken in the order in which they stand: d->in is what was not
 * read yet. Missing fields at the end are zero, surplus ones are skipped. The
 * recursion follows the layouts, never the input.
 */
#include <inttypes.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/codec.h"

/* ---- where in the operation we are, for messages ---- */

struct place {
    const struct place *up; /* NULL: the operation itself */
    const char *name;
    size_t index; /* in a list, from 1; 0: in none */
};

static void place_text(const struct place *at, struct buf *out)
{
    if (at->up != NULL) {
        place_text(at->up, out);
        buf_addf(out, ".");
    }
    buf_addf(out, "%s", at->name);
    if (at->index > 0)
        buf_addf(out, "[%zu]", at->index);
}

/* Put the place before what the error says. */
static enum err blame(struct decoder *d, const struct place *at, enum err err)
{
    struct buf text = { 0 };

    place_text(at, &text);
    err_wrap(d->error, err, "%s", buf_text(&text));
    buf_fini(&text);
    return err;
}

static enum err wrong_type(struct decoder *d, const char *expected,
                           const msgpack_object *o)
{
    return err_set(d->error, ERR_TYPE, "expected %s, got %s", expected,
                   mp_type(o));
}

/* ---- plain fields ---- */

static enum err get_unsigned(struct decoder *d, const msgpack_object *o,
                             uint64_t max, uint64_t *out)
{
    if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER)
        return err_set(d->error, ERR_RANGE, "%" PRId64 ", must not be negative",
                       o->via.i64);
    if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        return wrong_type(d, "integer", o);
    if (o->via.u64 > max)
        return err_set(d->error, ERR_RANGE, "%" PRIu64 ", at most %" PRIu64,
                       o->via.u64, max);
    *out = o->via.u64;
    return ERR_NONE;
}

static enum err get_signed(struct decoder *d, const msgpack_object *o,
                           int64_t *out)
{
    uint64_t n = 0;
    enum err err;

    if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
        *out = o->via.i64;
        return ERR_NONE;
    }
    err = get_unsigned(d, o, INT64_MAX, &n);
    if (err == ERR_NONE)
        *out = (int64_t)n;
    return err;
}

static enum err check_len(struct decoder *d, size_t len, size_t max)
{
    if (len > max)
        return err_set(d->error, ERR_RANGE, "%zu bytes, at most %zu", len, max);
    return ERR_NONE;
}

static enum err get_text(struct decoder *d, const msgpack_object *o, size_t max,
                         struct view *out)
{
    if (o->type != MSGPACK_OBJECT_STR)
        return wrong_type(d, "string", o);
    *out = mp_str(o);
    return check_len(d, out->len, max);
}

static enum err get_name(struct decoder *d, const msgpack_object *o,
                         struct view *out)
{
    enum err err = get_text(d, o, NAME_LEN_MAX, out);

    if (err == ERR_NONE && out->len > 0 && memchr(out->data, 0, out->len))
        return err_set(d->error, ERR_FORMAT, "NUL byte in a name");
    return err;
}

static enum err get_bytes(struct decoder *d, const msgpack_object *o,
                          struct view *out)
{
    if (o->type != MSGPACK_OBJECT_BIN)
        return wrong_type(d, "binary", o);
    *out = mp_bin(o);
    return check_len(d, out->len, FRAME_LEN_MAX);
}

static enum err get_bin16(struct decoder *d, const msgpack_object *o, void *out)
{
    struct view bytes = { 0 };
    enum err err = get_bytes(d, o, &bytes);

    if (err != ERR_NONE)
        return err;
    if (bytes.len != BIN16_LEN)
        return err_set(d->error, ERR_RANGE, "%zu bytes, must be %d", bytes.len,
                       BIN16_LEN);
    memcpy(out, bytes.data, BIN16_LEN);
    return ERR_NONE;
}

static enum err get_flag(struct decoder *d, const msgpack_object *o, bool *out)
{
    if (o->type != MSGPACK_OBJECT_BOOLEAN)
        return wrong_type(d, "bool", o);
    *out = o->via.boolean;
    return ERR_NONE;
}

static enum err get_plain(struct decoder *d, enum field_type type, void *to)
{
    msgpack_object o;
    uint64_t n = 0;
    enum err err;

    mp_take(&d->in, &o);
    switch (type) {
    case FIELD_u8:
        err = get_unsigned(d, &o, UINT8_MAX, &n);
        *(uint8_t *)to = (uint8_t)n;
        return err;
    case FIELD_u32:
        err = get_unsigned(d, &o, UINT32_MAX, &n);
        *(uint32_t *)to = (uint32_t)n;
        return err;
    case FIELD_u64:
        return get_unsigned(d, &o, UINT64_MAX, to);
    case FIELD_i64:
        return get_signed(d, &o, to);
    case FIELD_flag:
        return get_flag(d, &o, to);
    case FIELD_name:
        return get_name(d, &o, to);
    case FIELD_text:
        return get_text(d, &o, TEXT_LEN_MAX, to);
    case FIELD_bytes:
        return get_bytes(d, &o, to);
    case FIELD_boot:
    case FIELD_key:
        return get_bin16(d, &o, to);
    default:
        UNREACHABLE("field types of one value");
    }
}

/* ---- lists and records ---- */

static enum err get_count(struct decoder *d, uint32_t *n)
{
    msgpack_object o;

    mp_take(&d->in, &o);
    if (o.type != MSGPACK_OBJECT_ARRAY)
        return wrong_type(d, "array", &o);
    *n = o.via.array.size;
    return ERR_NONE;
}

/* The head of a list of at most n_max things, and room for as many as there
 * are; NULL for none. */
static enum err get_list(struct decoder *d, uint32_t n_max, size_t size,
                         uint32_t *n, void **room)
{
    enum err err = get_count(d, n);

    *room = NULL;
    if (err != ERR_NONE)
        return err;
    if (*n > n_max)
        return err_set(d->error, ERR_RANGE,
                       "%" PRIu32 " entries, at most %" PRIu32, *n, n_max);
    if (*n == 0)
        return ERR_NONE;
    *room = mp_zone_take(d->zone, *n, size);
    if (*room == NULL)
        return err_set(d->error, ERR_MEMORY, "out of memory");
    memset(*room, 0, *n * size);
    return ERR_NONE;
}

static enum err get_names(struct decoder *d, struct place *place,
                          const struct field_rule *rule, struct names *out)
{
    struct view *views;
    msgpack_object o;
    void *room;
    uint32_t n = 0;
    enum err err = get_list(d, rule->n_max, sizeof *views, &n, &room);

    if (err != ERR_NONE)
        return blame(d, place, err);
    views = room;
    for (uint32_t i = 0; i < n; i++) {
        place->index = i + 1;
        mp_take(&d->in, &o);
        err = get_name(d, &o, &views[i]);
        if (err != ERR_NONE)
            return blame(d, place, err);
    }
    *out = (struct names){ views, n };
    return ERR_NONE;
}

/* The fields of a struct, which is zeroed, from n values. */
static enum err get_fields(struct decoder *d, const struct place *place,
                           const struct layout *layout, uint32_t n, void *to);

static enum err get_record(struct decoder *d, const struct place *place,
                           const struct layout *layout, void *to)
{
    uint32_t n = 0;
    enum err err = get_count(d, &n);

    if (err == ERR_NONE)
        return get_fields(d, place, layout, n, to);
    return blame(d, place, err);
}

static enum err get_records(struct decoder *d, struct place *place,
                            const struct field_rule *rule, void *to)
{
    const struct layout *layout = rule->record();
    void *room;
    uint32_t n = 0;
    enum err err = get_list(d, rule->n_max, layout->size, &n, &room);

    if (err != ERR_NONE)
        return blame(d, place, err);
    for (uint32_t i = 0; i < n; i++) {
        place->index = i + 1;
        err = get_record(d, place, layout, (char *)room + i * layout->size);
        if (err != ERR_NONE)
            return err;
    }
    field_set_list(to, (struct any_list){ room, n });
    return ERR_NONE;
}

static enum err get_field(struct decoder *d, struct place *place,
                          enum field_type type, void *to)
{
    const struct field_rule *rule = &field_rules[type];
    enum err err;

    switch (rule->kind) {
    case FIELD_IS_PLAIN:
        err = get_plain(d, type, to);
        return err == ERR_NONE ? ERR_NONE : blame(d, place, err);
    case FIELD_IS_NAMES:
        return get_names(d, place, rule, to);
    case FIELD_IS_RECORD:
        return get_record(d, place, rule->record(), to);
    case FIELD_IS_RECORDS:
        return get_records(d, place, rule, to);
    }
    UNREACHABLE("kinds of fields");
}

/* Most fields are numbers of one byte: the short way. */
static bool get_small(struct decoder *d, enum field_type type, void *to)
{
    uint8_t n = *d->in.data;

    if (n >= 0x80)
        return false;
    switch (type) {
    case FIELD_u8:
        *(uint8_t *)to = n;
        break;
    case FIELD_u32:
        *(uint32_t *)to = n;
        break;
    case FIELD_u64:
    case FIELD_i64:
        *(uint64_t *)to = n;
        break;
    default:
        return false;
    }
    d->in.data++;
    d->in.len--;
    return true;
}

static enum err get_fields(struct decoder *d, const struct place *place,
                           const struct layout *layout, uint32_t n, void *to)
{
    uint32_t n_known = n < layout->n_fields ? n : layout->n_fields;
    enum err err = ERR_NONE;

    for (uint32_t i = 0; err == ERR_NONE && i < n_known; i++) {
        const struct field *f = &layout->fields[i];
        void *at = (char *)to + f->offset;

        if (!get_small(d, f->type, at)) {
            struct place here = { place, f->name, 0 };

            err = get_field(d, &here, f->type, at);
        }
    }
    for (uint32_t i = n_known; err == ERR_NONE && i < n; i++)
        mp_skip(&d->in);
    return err;
}

/* ---- the whole ---- */

static enum err begin(struct decoder *d, struct view in, uint32_t *n)
{
    if (d->zone != NULL)
        msgpack_zone_clear(d->zone);
    d->in = in;
    return get_count(d, n);
}

enum err decode_op(struct decoder *d, struct view in, struct op *op)
{
    const struct layout *layout;
    struct place place = { NULL, "operation", 0 };
    msgpack_object o;
    uint64_t type = 0;
    uint32_t n = 0;
    enum err err = begin(d, in, &n);

    if (err != ERR_NONE)
        return blame(d, &place, err);
    if (n == 0)
        return err_set(d->error, ERR_FORMAT, "operation without a type");
    mp_take(&d->in, &o);
    err = get_unsigned(d, &o, UINT32_MAX, &type);
    if (err != ERR_NONE)
        return blame(d, &place, err);
    layout = layout_of_op(type);
    if (layout == NULL)
        return ERR_ABSENT;
    op->type = (enum op_type)type;
    memset(&op->u, 0, layout->size);
    place.name = layout->name;
    return get_fields(d, &place, layout, n - 1, &op->u);
}

enum err decode_record(struct decoder *d, const struct layout *layout,
                       struct view in, void *to)
{
    struct place place = { NULL, layout->name, 0 };
    uint32_t n = 0;
    size_t len;
    enum err err = scan_limited(in, codec_limits, &len);

    if (err == ERR_NONE && len < in.len)
        err = ERR_FORMAT;
    if (err != ERR_NONE)
        return err_set(d->error, err, "%s: %s", layout->name, err_text(err));
    err = begin(d, in, &n);
    if (err != ERR_NONE)
        return blame(d, &place, err);
    memset(to, 0, layout->size);
    return get_fields(d, &place, layout, n, to);
}
