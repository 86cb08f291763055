/* SPDX-License-Identifier: MIT */
/* op_print - by layout, as encoder and decoder do. */
#include "tests/support/op_print.h"

#include <inttypes.h>

#include "libcommon/check.h"

static void print_str(struct buf *out, struct view v)
{
    buf_addf(out, "\"");
    for (size_t i = 0; i < v.len; i++) {
        unsigned c = v.data[i];

        if (c == '"' || c == '\\')
            buf_addf(out, "\\%c", (int)c);
        else if (c >= ' ' && c <= '~')
            buf_addf(out, "%c", (int)c);
        else
            buf_addf(out, "\\x%02x", c);
    }
    buf_addf(out, "\"");
}

static void print_hex(struct buf *out, struct view v)
{
    for (size_t i = 0; i < v.len; i++)
        buf_addf(out, "%02x", v.data[i]);
}

static void print_plain(struct buf *out, enum field_type type, const void *at)
{
    switch (type) {
    case FIELD_u8:
        buf_addf(out, "%u", *(const uint8_t *)at);
        break;
    case FIELD_u32:
        buf_addf(out, "%" PRIu32, *(const uint32_t *)at);
        break;
    case FIELD_u64:
        buf_addf(out, "%" PRIu64, *(const uint64_t *)at);
        break;
    case FIELD_i64:
        buf_addf(out, "%" PRId64, *(const int64_t *)at);
        break;
    case FIELD_flag:
        buf_addf(out, *(const bool *)at ? "true" : "false");
        break;
    case FIELD_name:
    case FIELD_text:
        print_str(out, *(const struct view *)at);
        break;
    case FIELD_bytes:
        print_hex(out, *(const struct view *)at);
        break;
    case FIELD_boot:
    case FIELD_key:
        print_hex(out, view_of(at, BIN16_LEN));
        break;
    default:
        UNREACHABLE("field types of one value");
    }
}

static void print_names(struct buf *out, const struct names *names)
{
    buf_addf(out, "[");
    for (size_t i = 0; i < names->n; i++) {
        buf_addf(out, i > 0 ? ", " : "");
        print_str(out, names->at[i]);
    }
    buf_addf(out, "]");
}

static void print_fields(struct buf *out, const struct layout *layout,
                         const void *from);

static void print_record(struct buf *out, const struct layout *layout,
                         const void *from)
{
    buf_addf(out, "{");
    print_fields(out, layout, from);
    buf_addf(out, "}");
}

static void print_records(struct buf *out, const struct layout *layout,
                          struct any_list list)
{
    const char *at = list.at;

    buf_addf(out, "[");
    for (size_t i = 0; i < list.n; i++, at += layout->size) {
        buf_addf(out, i > 0 ? ", " : "");
        print_record(out, layout, at);
    }
    buf_addf(out, "]");
}

static void print_fields(struct buf *out, const struct layout *layout,
                         const void *from)
{
    for (uint32_t i = 0; i < layout->n_fields; i++) {
        const struct field *f = &layout->fields[i];
        const struct field_rule *rule = &field_rules[f->type];
        const void *at = (const char *)from + f->offset;

        buf_addf(out, "%s%s=", i > 0 ? " " : "", f->name);
        switch (rule->kind) {
        case FIELD_IS_PLAIN:
            print_plain(out, f->type, at);
            break;
        case FIELD_IS_NAMES:
            print_names(out, at);
            break;
        case FIELD_IS_RECORD:
            print_record(out, rule->record(), at);
            break;
        case FIELD_IS_RECORDS:
            print_records(out, rule->record(), field_get_list(at));
            break;
        }
    }
}

void record_print(struct buf *out, const struct layout *layout,
                  const void *from)
{
    print_fields(out, layout, from);
}

void op_print(struct buf *out, const struct op *op)
{
    const struct layout *layout = layout_of_op(op->type);

    buf_addf(out, "%s", op_name(op->type));
    if (layout == NULL || layout->n_fields == 0)
        return;
    buf_addf(out, " ");
    print_fields(out, layout, &op->u);
}
