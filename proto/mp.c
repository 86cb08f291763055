/* SPDX-License-Identifier: MIT */
/* mp - heads and lengths; scan.c has the table of first bytes. */
#include "proto/mp.h"

#include <endian.h>

#include "libcommon/check.h"

/* ---- writing ---- */

/* A number behind its first byte: len bytes, 1 to 8, big endian. */
static void pack_long(struct buf *out, uint8_t first, uint64_t n, size_t len)
{
    uint8_t bytes[9] = { first };

    n = htobe64(n << (64 - 8 * len));
    memcpy(bytes + 1, &n, sizeof n);
    buf_append(out, bytes, 1 + len);
}

void mp_pack_large(struct buf *out, uint64_t n)
{
    if (n <= UINT8_MAX)
        pack_long(out, 0xcc, n, 1);
    else if (n <= UINT16_MAX)
        pack_long(out, 0xcd, n, 2);
    else if (n <= UINT32_MAX)
        pack_long(out, 0xce, n, 4);
    else
        pack_long(out, 0xcf, n, 8);
}

void mp_pack_int64(struct buf *out, int64_t n)
{
    uint64_t bits = (uint64_t)n;

    if (n >= 0)
        mp_pack_uint64(out, bits);
    else if (n >= -32)
        mp_pack_byte(out, (uint8_t)bits);
    else if (n >= INT8_MIN)
        pack_long(out, 0xd0, bits, 1);
    else if (n >= INT16_MIN)
        pack_long(out, 0xd1, bits, 2);
    else if (n >= INT32_MIN)
        pack_long(out, 0xd2, bits, 4);
    else
        pack_long(out, 0xd3, bits, 8);
}

void mp_pack_double(struct buf *out, double d)
{
    uint64_t bits;

    _Static_assert(sizeof bits == sizeof d, "a double is of IEEE 754");
    memcpy(&bits, &d, sizeof bits);
    pack_long(out, 0xcb, bits, 8);
}

/* A count that stands in the first byte below `few`, else behind one of three:
 * first8 (0: there is none), and the two behind it. */
static void pack_count(struct buf *out, size_t n, uint8_t few_first, size_t few,
                       uint8_t first8, uint8_t first16)
{
    ASSERT(n <= UINT32_MAX);
    if (n < few)
        mp_pack_byte(out, (uint8_t)(few_first + n));
    else if (first8 != 0 && n <= UINT8_MAX)
        pack_long(out, first8, n, 1);
    else if (n <= UINT16_MAX)
        pack_long(out, first16, n, 2);
    else
        pack_long(out, (uint8_t)(first16 + 1), n, 4);
}

void mp_pack_long_array(struct buf *out, size_t n)
{
    pack_count(out, n, 0x90, 16, 0, 0xdc);
}

void mp_pack_map(struct buf *out, size_t n)
{
    pack_count(out, n, 0x80, 16, 0, 0xde);
}

void mp_pack_text(struct buf *out, struct view v)
{
    pack_count(out, v.len, 0xa0, 32, 0xd9, 0xda);
    buf_add_view(out, v);
}

void mp_pack_bytes(struct buf *out, struct view v)
{
    pack_count(out, v.len, 0, 0, 0xc4, 0xc5);
    buf_add_view(out, v);
}

/* ---- reading ---- */

const char *mp_type_name(enum mp_type type)
{
    static const char *const names[] = {
        [MP_NIL] = "nil",          [MP_FLAG] = "bool",
        [MP_UNSIGNED] = "integer", [MP_NEGATIVE] = "integer",
        [MP_FLOAT] = "float",      [MP_STR] = "string",
        [MP_BIN] = "binary",       [MP_ARRAY] = "array",
        [MP_MAP] = "map",          [MP_EXT] = "extension",
    };

    return names[type];
}

/* Take len bytes; NULL when fewer are left. */
static inline const uint8_t *take(struct view *in, uint64_t len)
{
    const uint8_t *at = in->data;

    if (len > in->len)
        return NULL;
    in->data += len;
    in->len -= len;
    return at;
}

static enum err take_number(struct view *in, size_t len, uint64_t *n)
{
    const uint8_t *at = take(in, len);

    *n = 0;
    if (at == NULL)
        return ERR_SHORT;
    for (const uint8_t *end = at + len; at < end; at++)
        *n = *n << 8 | *at;
    return ERR_NONE;
}

static enum err take_unsigned(struct view *in, size_t len, struct mp_value *out)
{
    out->type = MP_UNSIGNED;
    return take_number(in, len, &out->u.n);
}

static void set_signed(int64_t n, struct mp_value *out)
{
    out->type = n < 0 ? MP_NEGATIVE : MP_UNSIGNED;
    out->u.negative = n; /* or the same bits as u.n */
}

static enum err take_signed(struct view *in, size_t len, struct mp_value *out)
{
    unsigned unused = 64 - 8 * (unsigned)len;
    uint64_t n;
    enum err err = take_number(in, len, &n);

    set_signed((int64_t)(n << unused) >> unused, out);
    return err;
}

static inline enum err take_bytes(struct view *in, enum mp_type type,
                                  uint64_t len, struct mp_value *out)
{
    out->type = type;
    out->u.bytes.data = take(in, len);
    out->u.bytes.len = len;
    return out->u.bytes.data != NULL ? ERR_NONE : ERR_SHORT;
}

/* Behind a length of len_len bytes. */
static enum err take_long_bytes(struct view *in, enum mp_type type,
                                size_t len_len, struct mp_value *out)
{
    uint64_t len;
    enum err err = take_number(in, len_len, &len);

    return err == ERR_NONE ? take_bytes(in, type, len, out) : err;
}

static enum err take_ext(struct view *in, size_t len_len, struct mp_value *out)
{
    uint64_t len;
    enum err err = take_number(in, len_len, &len);

    return err == ERR_NONE ? take_bytes(in, MP_EXT, 1 + len, out) : err;
}

/* Each value takes a byte at least. */
static inline enum err check_count(const struct view *in, enum mp_type type,
                                   uint64_t n, struct mp_value *out)
{
    out->type = type;
    out->u.n = n;
    return (type == MP_MAP ? 2 * n : n) <= in->len ? ERR_NONE : ERR_SHORT;
}

static enum err take_count(struct view *in, enum mp_type type, size_t len_len,
                           struct mp_value *out)
{
    uint64_t n;
    enum err err = take_number(in, len_len, &n);

    return err == ERR_NONE ? check_count(in, type, n, out) : err;
}

/* First bytes c0 to df. */
static enum err take_long(struct view *in, unsigned first, struct mp_value *out)
{
    switch (first) {
    case 0xc0:
        out->type = MP_NIL;
        return ERR_NONE;
    case 0xc2:
    case 0xc3:
        out->type = MP_FLAG;
        out->u.flag = first == 0xc3;
        return ERR_NONE;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        return take_long_bytes(in, MP_BIN, 1u << (first - 0xc4), out);
    case 0xc7:
    case 0xc8:
    case 0xc9:
        return take_ext(in, 1u << (first - 0xc7), out);
    case 0xca:
    case 0xcb:
        return take_bytes(in, MP_FLOAT, 4u << (first - 0xca), out);
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        return take_unsigned(in, 1u << (first - 0xcc), out);
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
        return take_signed(in, 1u << (first - 0xd0), out);
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return take_bytes(in, MP_EXT, 1 + (1u << (first - 0xd4)), out);
    case 0xd9:
    case 0xda:
    case 0xdb:
        return take_long_bytes(in, MP_STR, 1u << (first - 0xd9), out);
    case 0xdc:
    case 0xdd:
        return take_count(in, MP_ARRAY, 2u << (first - 0xdc), out);
    case 0xde:
    case 0xdf:
        return take_count(in, MP_MAP, 2u << (first - 0xde), out);
    default:
        return ERR_FORMAT;
    }
}

enum err mp_take(struct view *in, struct mp_value *out)
{
    const uint8_t *at = take(in, 1);
    unsigned first;

    if (at == NULL)
        return ERR_SHORT;
    first = *at;
    if (first >= 0xe0) {
        set_signed((int8_t)first, out);
        return ERR_NONE;
    }
    if (first >= 0xc0)
        return take_long(in, first, out);
    if (first >= 0xa0)
        return take_bytes(in, MP_STR, first - 0xa0, out);
    if (first >= 0x90)
        return check_count(in, MP_ARRAY, first - 0x90, out);
    if (first >= 0x80)
        return check_count(in, MP_MAP, first - 0x80, out);
    out->type = MP_UNSIGNED;
    out->u.n = first;
    return ERR_NONE;
}

double mp_double(const struct mp_value *v)
{
    uint64_t bits = 0;
    float f;
    double d;

    ASSERT(v->type == MP_FLOAT);
    for (size_t i = 0; i < v->u.bytes.len; i++)
        bits = bits << 8 | v->u.bytes.data[i];
    if (v->u.bytes.len == sizeof f) {
        uint32_t few = (uint32_t)bits;

        memcpy(&f, &few, sizeof f);
        return (double)f;
    }
    memcpy(&d, &bits, sizeof d);
    return d;
}
