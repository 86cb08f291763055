/* SPDX-License-Identifier: MIT */
/* encode - structs into msgpack arrays, by layout. Fields at the end that are
 * zero, empty or false are left out: readers take them so.
 */
#include <string.h>

#include "libcommon/check.h"
#include "proto/bounds.h"
#include "proto/codec.h"

static void pack_name(struct buf *out, struct view v)
{
    ASSERT(v.len <= NAME_LEN_MAX);
    ASSERT(v.len == 0 || memchr(v.data, 0, v.len) == NULL);
    mp_pack_text(out, v);
}

static void pack_text(struct buf *out, struct view v)
{
    ASSERT(v.len <= TEXT_LEN_MAX);
    mp_pack_text(out, v);
}

static void pack_bytes(struct buf *out, struct view v)
{
    ASSERT(v.len <= FRAME_LEN_MAX);
    mp_pack_bytes(out, v);
}

static void pack_names(struct buf *out, const struct field_rule *rule,
                       const struct names *names)
{
    ASSERT(names->n <= rule->n_max);
    mp_pack_array(out, names->n);
    for (size_t i = 0; i < names->n; i++)
        pack_name(out, names->at[i]);
}

static void pack_plain(struct buf *out, enum field_type type, const void *from)
{
    switch (type) {
    case FIELD_u8:
        mp_pack_uint64(out, *(const uint8_t *)from);
        break;
    case FIELD_u32:
        mp_pack_uint64(out, *(const uint32_t *)from);
        break;
    case FIELD_u64:
        mp_pack_uint64(out, *(const uint64_t *)from);
        break;
    case FIELD_i64:
        mp_pack_int64(out, *(const int64_t *)from);
        break;
    case FIELD_flag:
        mp_pack_flag(out, *(const bool *)from);
        break;
    case FIELD_name:
        pack_name(out, *(const struct view *)from);
        break;
    case FIELD_text:
        pack_text(out, *(const struct view *)from);
        break;
    case FIELD_bytes:
        pack_bytes(out, *(const struct view *)from);
        break;
    case FIELD_boot:
    case FIELD_key:
        pack_bytes(out, view_of(from, BIN16_LEN));
        break;
    default:
        UNREACHABLE("field types of one value");
    }
}

/* ---- how many fields are said ---- */

static uint32_t count_said(const struct layout *layout, const void *from);

/* Most records inside others say nothing: the short way. */
static bool is_zero(const void *from, size_t size)
{
    const uint8_t *at = from;

    return *at == 0 && memcmp(at, at + 1, size - 1) == 0;
}

static bool record_is_said(const struct layout *layout, const void *from)
{
    return !is_zero(from, layout->size) && count_said(layout, from) > 0;
}

static bool is_said(enum field_type type, const void *from)
{
    static const uint8_t zero[BIN16_LEN];

    switch (type) {
    case FIELD_u8:
    case FIELD_flag:
        return *(const uint8_t *)from != 0;
    case FIELD_u32:
        return *(const uint32_t *)from != 0;
    case FIELD_u64:
    case FIELD_i64:
        return *(const uint64_t *)from != 0;
    case FIELD_name:
    case FIELD_text:
    case FIELD_bytes:
        return ((const struct view *)from)->len > 0;
    case FIELD_boot:
    case FIELD_key:
        return memcmp(from, zero, sizeof zero) != 0;
    default:
        if (field_rules[type].kind == FIELD_IS_RECORD)
            return record_is_said(field_rules[type].record(), from);
        return field_get_list(from).n > 0;
    }
}

static uint32_t count_said(const struct layout *layout, const void *from)
{
    const struct field *f = layout->fields + layout->n_fields;

    while (f > layout->fields &&
           !is_said(f[-1].type, (const char *)from + f[-1].offset))
        f--;
    return (uint32_t)(f - layout->fields);
}

/* ---- fields ---- */

static void pack_fields(struct buf *out, const struct layout *layout,
                        uint32_t n, const void *from);

static void pack_record(struct buf *out, const struct layout *layout,
                        const void *from)
{
    uint32_t n = count_said(layout, from);

    mp_pack_array(out, n);
    pack_fields(out, layout, n, from);
}

static void pack_records(struct buf *out, const struct field_rule *rule,
                         const void *from)
{
    const struct layout *layout = rule->record();
    struct any_list list = field_get_list(from);
    const char *at = list.at;

    ASSERT(list.n <= rule->n_max);
    mp_pack_array(out, list.n);
    for (size_t i = 0; i < list.n; i++, at += layout->size)
        pack_record(out, layout, at);
}

static void pack_fields(struct buf *out, const struct layout *layout,
                        uint32_t n, const void *from)
{
    const struct field *end = layout->fields + n;

    for (const struct field *f = layout->fields; f < end; f++) {
        const struct field_rule *rule = &field_rules[f->type];
        const void *at = (const char *)from + f->offset;

        if (field_is_plain(f->type)) {
            pack_plain(out, f->type, at);
            continue;
        }
        switch (rule->kind) {
        case FIELD_IS_PLAIN:
            break;
        case FIELD_IS_NAMES:
            pack_names(out, rule, at);
            break;
        case FIELD_IS_RECORD:
            pack_record(out, rule->record(), at);
            break;
        case FIELD_IS_RECORDS:
            pack_records(out, rule, at);
            break;
        }
    }
}

void encode_op(struct buf *out, const struct op *op)
{
    const struct layout *layout = layout_of_op(op->type);
    uint32_t n;

    ASSERT(layout != NULL);
    n = count_said(layout, &op->u);
    mp_pack_array(out, 1 + n);
    mp_pack_uint64(out, op->type);
    pack_fields(out, layout, n, &op->u);
}

bool encode_is_empty(const struct layout *layout, const void *from)
{
    return !record_is_said(layout, from);
}

void encode_record(struct buf *out, const struct layout *layout,
                   const void *from)
{
    pack_record(out, layout, from);
}
