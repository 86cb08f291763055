/* SPDX-License-Identifier: MIT */
/* mp - thin wrappers, and the few pitfalls of msgpack-c. */
#include "proto/mp.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "proto/scan.h"

void mp_pack_text(struct buf *out, struct view v)
{
    mp_pack_str(out, v.len);
    buf_add_view(out, v);
}

void mp_pack_bytes(struct buf *out, struct view v)
{
    mp_pack_bin(out, v.len);
    buf_add_view(out, v);
}

void mp_pack_flag(struct buf *out, bool flag)
{
    if (flag)
        mp_pack_true(out);
    else
        mp_pack_false(out);
}

msgpack_zone *mp_zone_new(size_t chunk_len)
{
    msgpack_zone *zone = msgpack_zone_new(chunk_len);

    if (zone == NULL)
        check_failed(__FILE__, __LINE__, "out of memory");
    return zone;
}

void *mp_zone_take(msgpack_zone *zone, size_t n, size_t size)
{
    ASSERT(size == 0 || n <= SIZE_MAX / 2 / size);
    return msgpack_zone_malloc(zone, n * size);
}

enum err mp_unpack(msgpack_zone *zone, struct view in, msgpack_object *out)
{
    msgpack_unpack_return ret =
        msgpack_unpack((const char *)in.data, in.len, NULL, zone, out);

    if (ret == MSGPACK_UNPACK_SUCCESS)
        return ERR_NONE;
    /* What else could be wrong was found by the scan; msgpack-c reports a lack
     * of memory as a parse error. */
    return ERR_MEMORY;
}

struct view mp_str(const msgpack_object *o)
{
    /* msgpack-c leaves the pointer of an empty one as it was. */
    return o->via.str.size > 0 ? view_of(o->via.str.ptr, o->via.str.size)
                               : (struct view){ 0 };
}

struct view mp_bin(const msgpack_object *o)
{
    return o->via.bin.size > 0 ? view_of(o->via.bin.ptr, o->via.bin.size)
                               : (struct view){ 0 };
}

const char *mp_type(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        return "nil";
    case MSGPACK_OBJECT_BOOLEAN:
        return "bool";
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return "integer";
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return "float";
    case MSGPACK_OBJECT_STR:
        return "string";
    case MSGPACK_OBJECT_ARRAY:
        return "array";
    case MSGPACK_OBJECT_MAP:
        return "map";
    case MSGPACK_OBJECT_BIN:
        return "binary";
    case MSGPACK_OBJECT_EXT:
        return "extension";
    }
    UNREACHABLE("msgpack has no other types");
}

/* ---- one value after the other ---- */

static const uint8_t *take(struct view *in, size_t len)
{
    const uint8_t *at = in->data;

    ASSERT(len <= in->len);
    in->data += len;
    in->len -= len;
    return at;
}

static uint64_t take_number(struct view *in, size_t len)
{
    const uint8_t *at = take(in, len);
    uint64_t n = 0;

    for (size_t i = 0; i < len; i++)
        n = n << 8 | at[i];
    return n;
}

static void take_str(struct view *in, size_t len, msgpack_object *o)
{
    o->type = MSGPACK_OBJECT_STR;
    o->via.str.size = (uint32_t)len;
    o->via.str.ptr = (const char *)take(in, len);
}

static void take_bin(struct view *in, size_t len, msgpack_object *o)
{
    o->type = MSGPACK_OBJECT_BIN;
    o->via.bin.size = (uint32_t)len;
    o->via.bin.ptr = (const char *)take(in, len);
}

static void set_signed(int64_t n, msgpack_object *o)
{
    o->type = n < 0 ? MSGPACK_OBJECT_NEGATIVE_INTEGER
                    : MSGPACK_OBJECT_POSITIVE_INTEGER;
    o->via.i64 = n;
}

static void set_unsigned(uint64_t n, msgpack_object *o)
{
    o->type = MSGPACK_OBJECT_POSITIVE_INTEGER;
    o->via.u64 = n;
}

static void set_array(uint64_t n, msgpack_object *o)
{
    o->type = MSGPACK_OBJECT_ARRAY;
    o->via.array = (msgpack_object_array){ .size = (uint32_t)n };
}

static void set_map(uint64_t n, msgpack_object *o)
{
    o->type = MSGPACK_OBJECT_MAP;
    o->via.map = (msgpack_object_map){ .size = (uint32_t)n };
}

/* What nobody reads. */
static void pass(struct view *in, size_t len, msgpack_object_type type,
                 msgpack_object *o)
{
    o->type = type;
    take(in, len);
}

/* The first byte, c0 to df, says how long the number behind it is, which is the
 * value or its length. */
static void take_long(struct view *in, unsigned first, msgpack_object *o)
{
    switch (first) {
    case 0xc2:
    case 0xc3:
        o->type = MSGPACK_OBJECT_BOOLEAN;
        o->via.boolean = first == 0xc3;
        return;
    case 0xc4:
    case 0xc5:
    case 0xc6:
        take_bin(in, take_number(in, 1u << (first - 0xc4)), o);
        return;
    case 0xc7:
    case 0xc8:
    case 0xc9:
        pass(in, take_number(in, 1u << (first - 0xc7)) + 1, MSGPACK_OBJECT_EXT,
             o);
        return;
    case 0xca:
        pass(in, 4, MSGPACK_OBJECT_FLOAT32, o);
        return;
    case 0xcb:
        pass(in, 8, MSGPACK_OBJECT_FLOAT64, o);
        return;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        set_unsigned(take_number(in, 1u << (first - 0xcc)), o);
        return;
    case 0xd0:
        set_signed((int8_t)take_number(in, 1), o);
        return;
    case 0xd1:
        set_signed((int16_t)take_number(in, 2), o);
        return;
    case 0xd2:
        set_signed((int32_t)take_number(in, 4), o);
        return;
    case 0xd3:
        set_signed((int64_t)take_number(in, 8), o);
        return;
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        pass(in, 1 + (1u << (first - 0xd4)), MSGPACK_OBJECT_EXT, o);
        return;
    case 0xd9:
    case 0xda:
    case 0xdb:
        take_str(in, take_number(in, 1u << (first - 0xd9)), o);
        return;
    case 0xdc:
    case 0xdd:
        set_array(take_number(in, 2u << (first - 0xdc)), o);
        return;
    case 0xde:
    case 0xdf:
        set_map(take_number(in, 2u << (first - 0xde)), o);
        return;
    default:
        o->type = MSGPACK_OBJECT_NIL;
    }
}

void mp_take(struct view *in, msgpack_object *out)
{
    unsigned first = *take(in, 1);

    if (first < 0x80)
        set_unsigned(first, out);
    else if (first >= 0xe0)
        set_signed((int8_t)first, out);
    else if (first >= 0xc0)
        take_long(in, first, out);
    else if (first >= 0xa0)
        take_str(in, first - 0xa0, out);
    else if (first >= 0x90)
        set_array(first - 0x90, out);
    else
        set_map(first - 0x80, out);
}

void mp_skip(struct view *in)
{
    size_t len;
    enum err err = scan_value(*in, SCAN_DEPTH_MAX, &len);

    ASSERT(err == ERR_NONE);
    take(in, len);
}
