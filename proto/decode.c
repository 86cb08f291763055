/* SPDX-License-Identifier: MIT */
/* decode - msgpack arrays into structs, by layout, in one pass.
 *
 * The values are taken in the order in which they stand: d->in is what was not
 * read yet. Each is checked against the bytes that are there, its type and its
 * limit. Missing fields at the end are zero, surplus ones are skipped. The
 * recursion follows the layouts, never the input.
 */
#include <inttypes.h>
#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/codec.h"
#include "proto/scan.h"

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
                           const struct mp_value *v)
{
    return err_set(d->error, ERR_TYPE, "expected %s, got %s", expected,
                   mp_type_name(v->type));
}

static enum err take(struct decoder *d, struct mp_value *v)
{
    enum err err = mp_take(&d->in, v);

    return err == ERR_NONE ? ERR_NONE
                           : err_set(d->error, err, "%s", err_text(err));
}

/* ---- plain fields ---- */

static enum err get_unsigned(struct decoder *d, const struct mp_value *v,
                             uint64_t max, uint64_t *out)
{
    if (v->type == MP_NEGATIVE)
        return err_set(d->error, ERR_RANGE, "%" PRId64 ", must not be negative",
                       v->u.negative);
    if (v->type != MP_UNSIGNED)
        return wrong_type(d, "integer", v);
    if (v->u.n > max)
        return err_set(d->error, ERR_RANGE, "%" PRIu64 ", at most %" PRIu64,
                       v->u.n, max);
    *out = v->u.n;
    return ERR_NONE;
}

static enum err get_signed(struct decoder *d, const struct mp_value *v,
                           int64_t *out)
{
    uint64_t n = 0;
    enum err err;

    if (v->type == MP_NEGATIVE) {
        *out = v->u.negative;
        return ERR_NONE;
    }
    err = get_unsigned(d, v, INT64_MAX, &n);
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

static enum err get_text(struct decoder *d, const struct mp_value *v,
                         size_t max, struct view *out)
{
    if (v->type != MP_STR)
        return wrong_type(d, "string", v);
    *out = v->u.bytes;
    return check_len(d, out->len, max);
}

static enum err get_name(struct decoder *d, const struct mp_value *v,
                         struct view *out)
{
    enum err err = get_text(d, v, NAME_LEN_MAX, out);

    if (err == ERR_NONE && out->len > 0 && memchr(out->data, 0, out->len))
        return err_set(d->error, ERR_FORMAT, "NUL byte in a name");
    return err;
}

static enum err get_bytes(struct decoder *d, const struct mp_value *v,
                          struct view *out)
{
    if (v->type != MP_BIN)
        return wrong_type(d, "binary", v);
    *out = v->u.bytes;
    return check_len(d, out->len, FRAME_LEN_MAX);
}

static enum err get_bin16(struct decoder *d, const struct mp_value *v,
                          void *out)
{
    struct view bytes = { 0 };
    enum err err = get_bytes(d, v, &bytes);

    if (err != ERR_NONE)
        return err;
    if (bytes.len != BIN16_LEN)
        return err_set(d->error, ERR_RANGE, "%zu bytes, must be %d", bytes.len,
                       BIN16_LEN);
    memcpy(out, bytes.data, BIN16_LEN);
    return ERR_NONE;
}

static enum err get_flag(struct decoder *d, const struct mp_value *v, bool *out)
{
    if (v->type != MP_FLAG)
        return wrong_type(d, "bool", v);
    *out = v->u.flag;
    return ERR_NONE;
}

static enum err get_plain(struct decoder *d, enum field_type type, void *to)
{
    struct mp_value v;
    uint64_t n = 0;
    enum err err = take(d, &v);

    if (err != ERR_NONE)
        return err;
    switch (type) {
    case FIELD_u8:
        err = get_unsigned(d, &v, UINT8_MAX, &n);
        *(uint8_t *)to = (uint8_t)n;
        return err;
    case FIELD_u32:
        err = get_unsigned(d, &v, UINT32_MAX, &n);
        *(uint32_t *)to = (uint32_t)n;
        return err;
    case FIELD_u64:
        return get_unsigned(d, &v, UINT64_MAX, to);
    case FIELD_i64:
        return get_signed(d, &v, to);
    case FIELD_flag:
        return get_flag(d, &v, to);
    case FIELD_name:
        return get_name(d, &v, to);
    case FIELD_text:
        return get_text(d, &v, TEXT_LEN_MAX, to);
    case FIELD_bytes:
        return get_bytes(d, &v, to);
    case FIELD_boot:
    case FIELD_key:
        return get_bin16(d, &v, to);
    default:
        UNREACHABLE("field types of one value");
    }
}

/* ---- lists and records ---- */

/* The head of an array, which is open from then on. */
static enum err open_array(struct decoder *d, uint64_t *n)
{
    struct mp_value v;
    enum err err = take(d, &v);

    if (err != ERR_NONE)
        return err;
    if (v.type != MP_ARRAY)
        return wrong_type(d, "array", &v);
    if (v.u.n > d->values_left)
        return err_set(d->error, ERR_RANGE, "more than %u values in all",
                       OP_VALUES_MAX);
    d->values_left -= v.u.n;
    d->depth++;
    *n = v.u.n;
    return ERR_NONE;
}

/* Pass over n values of the array that is open. */
static enum err skip_values(struct decoder *d, uint64_t n)
{
    for (; n > 0; n--) {
        struct scan_limits limits = { OP_DEPTH_MAX - d->depth,
                                      d->values_left + 1 };
        struct scan_size size;
        struct view skipped;
        enum err err = scan_limited(d->in, limits, &size);

        if (err != ERR_NONE)
            return err_set(d->error, err, "%s", err_text(err));
        (void)view_take(&d->in, size.len, &skipped);
        d->values_left -= size.values - 1; /* itself was counted before */
    }
    return ERR_NONE;
}

/* The head of a list of at most n_max things, and room for as many as there
 * are; NULL for none. */
static enum err get_list(struct decoder *d, uint32_t n_max, size_t size,
                         uint64_t *n, void **room)
{
    enum err err = open_array(d, n);

    *room = NULL;
    if (err != ERR_NONE)
        return err;
    if (*n > n_max)
        return err_set(d->error, ERR_RANGE,
                       "%" PRIu64 " entries, at most %" PRIu32, *n, n_max);
    if (*n == 0)
        return ERR_NONE;
    *room = arena_take(&d->arena, *n, size);
    if (*room == NULL)
        return err_set(d->error, ERR_MEMORY, "out of memory");
    return ERR_NONE;
}

static enum err get_names(struct decoder *d, struct place *place,
                          const struct field_rule *rule, struct names *out)
{
    struct view *views;
    struct mp_value v;
    void *room;
    uint64_t n = 0;
    enum err err = get_list(d, rule->n_max, sizeof *views, &n, &room);

    if (err != ERR_NONE)
        return blame(d, place, err);
    views = room;
    for (uint64_t i = 0; i < n; i++) {
        place->index = i + 1;
        err = take(d, &v);
        if (err == ERR_NONE)
            err = get_name(d, &v, &views[i]);
        if (err != ERR_NONE)
            return blame(d, place, err);
    }
    d->depth--;
    *out = (struct names){ views, n };
    return ERR_NONE;
}

/* The fields of a struct, which is zeroed, from n values. */
static enum err get_fields(struct decoder *d, const struct place *place,
                           const struct layout *layout, uint64_t n, void *to);

static enum err get_record(struct decoder *d, const struct place *place,
                           const struct layout *layout, void *to)
{
    uint64_t n = 0;
    enum err err = open_array(d, &n);

    if (err == ERR_NONE)
        return get_fields(d, place, layout, n, to);
    return blame(d, place, err);
}

static enum err get_records(struct decoder *d, struct place *place,
                            const struct field_rule *rule, void *to)
{
    const struct layout *layout = rule->record();
    void *room;
    uint64_t n = 0;
    enum err err = get_list(d, rule->n_max, layout->size, &n, &room);

    if (err != ERR_NONE)
        return blame(d, place, err);
    for (uint64_t i = 0; i < n; i++) {
        place->index = i + 1;
        err = get_record(d, place, layout, (char *)room + i * layout->size);
        if (err != ERR_NONE)
            return err;
    }
    d->depth--;
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
    uint8_t n;

    if (d->in.len == 0 || (n = *d->in.data) >= 0x80)
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
                           const struct layout *layout, uint64_t n, void *to)
{
    uint64_t n_known = n < layout->n_fields ? n : layout->n_fields;
    enum err err = ERR_NONE;

    const struct field *end = layout->fields + n_known;

    for (const struct field *f = layout->fields; f < end; f++) {
        void *at = (char *)to + f->offset;

        if (!get_small(d, f->type, at)) {
            struct place here = { place, f->name, 0 };

            err = get_field(d, &here, f->type, at);
            if (err != ERR_NONE)
                return err;
        }
    }
    if (n > n_known) {
        err = skip_values(d, n - n_known);
        if (err != ERR_NONE)
            return blame(d, place, err);
    }
    d->depth--;
    return ERR_NONE;
}

/* ---- the whole ---- */

static enum err begin(struct decoder *d, struct view in, uint64_t *n)
{
    arena_clear(&d->arena);
    d->in = in;
    d->values_left = OP_VALUES_MAX - 1; /* the array itself */
    d->depth = 0;
    return open_array(d, n);
}

/* The layout of an operation, by the first of its n values, which are so many
 * less from then on; NULL: nobody knows that type. */
static enum err get_type(struct decoder *d, uint64_t *n, struct op *op,
                         const struct layout **layout)
{
    struct mp_value v;
    uint64_t type = 0;
    enum err err;

    --*n;
    err = take(d, &v);
    if (err == ERR_NONE)
        err = get_unsigned(d, &v, UINT32_MAX, &type);
    if (err != ERR_NONE)
        return err;
    op->type = (enum op_type)type;
    *layout = layout_of_op(type);
    return ERR_NONE;
}

enum err decode_op(struct decoder *d, struct view in, struct op *op,
                   size_t *len)
{
    const struct layout *layout;
    struct place place = { NULL, "operation", 0 };
    uint64_t n = 0;
    enum err err = begin(d, in, &n);

    if (err == ERR_NONE && n == 0)
        return err_set(d->error, ERR_FORMAT, "operation without a type");
    if (err == ERR_NONE)
        err = get_type(d, &n, op, &layout);
    if (err == ERR_NONE && layout == NULL)
        err = skip_values(d, n);
    if (err != ERR_NONE)
        return blame(d, &place, err);
    if (layout != NULL) {
        memset(&op->u, 0, layout->size);
        place.name = layout->name;
        err = get_fields(d, &place, layout, n, &op->u);
    }
    *len = in.len - d->in.len;
    return err == ERR_NONE && layout == NULL ? ERR_ABSENT : err;
}

enum err decode_record(struct decoder *d, const struct layout *layout,
                       struct view in, void *to)
{
    struct place place = { NULL, layout->name, 0 };
    uint64_t n = 0;
    enum err err = begin(d, in, &n);

    if (err != ERR_NONE)
        return blame(d, &place, err);
    memset(to, 0, layout->size);
    err = get_fields(d, &place, layout, n, to);
    if (err == ERR_NONE && d->in.len > 0)
        return err_set(d->error, ERR_FORMAT, "%s: bytes behind it",
                       layout->name);
    return err;
}
