/* SPDX-License-Identifier: MIT */
/* encode - structs into msgpack arrays, by layout. */
#include <string.h>

#include "bounds.h"
#include "check.h"
#include "codec.h"

static void pack_name(msgpack_packer *pk, struct view v)
{
    ASSERT(v.len <= NAME_LEN_MAX);
    ASSERT(v.len == 0 || memchr(v.data, 0, v.len) == NULL);
    mp_pack_str(pk, v);
}

static void pack_text(msgpack_packer *pk, struct view v)
{
    ASSERT(v.len <= TEXT_LEN_MAX);
    mp_pack_str(pk, v);
}

static void pack_bytes(msgpack_packer *pk, struct view v)
{
    ASSERT(v.len <= FRAME_LEN_MAX);
    mp_pack_bin(pk, v);
}

static void pack_names(msgpack_packer *pk, const struct field_rule *rule,
                       const struct names *names)
{
    ASSERT(names->n <= rule->n_max);
    msgpack_pack_array(pk, names->n);
    for (size_t i = 0; i < names->n; i++)
        pack_name(pk, names->at[i]);
}

static void pack_plain(msgpack_packer *pk, enum field_type type,
                       const void *from)
{
    switch (type) {
    case FIELD_u8:
        msgpack_pack_uint8(pk, *(const uint8_t *)from);
        break;
    case FIELD_u32:
        msgpack_pack_uint32(pk, *(const uint32_t *)from);
        break;
    case FIELD_u64:
        msgpack_pack_uint64(pk, *(const uint64_t *)from);
        break;
    case FIELD_i64:
        msgpack_pack_int64(pk, *(const int64_t *)from);
        break;
    case FIELD_flag:
        mp_pack_flag(pk, *(const bool *)from);
        break;
    case FIELD_name:
        pack_name(pk, *(const struct view *)from);
        break;
    case FIELD_text:
        pack_text(pk, *(const struct view *)from);
        break;
    case FIELD_bytes:
        pack_bytes(pk, *(const struct view *)from);
        break;
    case FIELD_id16:
        pack_bytes(pk, view_of(from, sizeof(op_id16)));
        break;
    default:
        UNREACHABLE("field types of one value");
    }
}

static void pack_fields(msgpack_packer *pk, const struct layout *layout,
                        const void *from);

static void pack_records(msgpack_packer *pk, const struct field_rule *rule,
                         const void *from)
{
    const struct layout *layout = rule->record();
    struct any_list list = field_get_list(from);
    const char *at = list.at;

    ASSERT(list.n <= rule->n_max);
    msgpack_pack_array(pk, list.n);
    for (size_t i = 0; i < list.n; i++, at += layout->size) {
        msgpack_pack_array(pk, layout->n_fields);
        pack_fields(pk, layout, at);
    }
}

static void pack_fields(msgpack_packer *pk, const struct layout *layout,
                        const void *from)
{
    for (uint32_t i = 0; i < layout->n_fields; i++) {
        const struct field *f = &layout->fields[i];
        const struct field_rule *rule = &field_rules[f->type];
        const void *at = (const char *)from + f->offset;

        switch (rule->kind) {
        case FIELD_IS_PLAIN:
            pack_plain(pk, f->type, at);
            break;
        case FIELD_IS_NAMES:
            pack_names(pk, rule, at);
            break;
        case FIELD_IS_RECORD:
            msgpack_pack_array(pk, rule->record()->n_fields);
            pack_fields(pk, rule->record(), at);
            break;
        case FIELD_IS_RECORDS:
            pack_records(pk, rule, at);
            break;
        }
    }
}

void encode_op(struct buf *out, const struct op *op)
{
    const struct layout *layout = layout_of_op(op->type);
    msgpack_packer pk = mp_packer(out);

    ASSERT(layout != NULL);
    msgpack_pack_array(&pk, 1 + layout->n_fields);
    msgpack_pack_uint32(&pk, (uint32_t)op->type);
    pack_fields(&pk, layout, &op->u);
}

void encode_record(struct buf *out, const struct layout *layout,
                   const void *from)
{
    msgpack_packer pk = mp_packer(out);

    msgpack_pack_array(&pk, layout->n_fields);
    pack_fields(&pk, layout, from);
}
