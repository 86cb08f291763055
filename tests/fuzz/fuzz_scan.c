/* SPDX-License-Identifier: MIT */
/* Any bytes: when the scan takes them, msgpack-c does, with the same length;
 * taken value by value they are the same as with msgpack-c, and so is what is
 * written of them. The first byte chooses the depth. */
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/rng.h"
#include "proto/mp.h"
#include "proto/scan.h"
#include "proto/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_same(struct view *in, const msgpack_object *o);

static void assert_same_array(struct view *in, const msgpack_object_array *a)
{
    for (uint32_t i = 0; i < a->size; i++)
        assert_same(in, &a->ptr[i]);
}

static void assert_same_map(struct view *in, const msgpack_object_map *m)
{
    for (uint32_t i = 0; i < m->size; i++) {
        assert_same(in, &m->ptr[i].key);
        assert_same(in, &m->ptr[i].val);
    }
}

static enum mp_type type_of(const msgpack_object *o)
{
    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        return MP_NIL;
    case MSGPACK_OBJECT_BOOLEAN:
        return MP_FLAG;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return MP_UNSIGNED;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return MP_NEGATIVE;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        return MP_FLOAT;
    case MSGPACK_OBJECT_STR:
        return MP_STR;
    case MSGPACK_OBJECT_BIN:
        return MP_BIN;
    case MSGPACK_OBJECT_ARRAY:
        return MP_ARRAY;
    case MSGPACK_OBJECT_MAP:
        return MP_MAP;
    case MSGPACK_OBJECT_EXT:
        return MP_EXT;
    }
    UNREACHABLE("msgpack has no other types");
}

static void assert_same(struct view *in, const msgpack_object *o)
{
    struct mp_value v;

    ASSERT(mp_take(in, &v) == ERR_NONE);
    ASSERT(v.type == type_of(o));
    switch (v.type) {
    case MP_FLAG:
        ASSERT(v.u.flag == o->via.boolean);
        break;
    case MP_UNSIGNED:
        ASSERT(v.u.n == o->via.u64);
        break;
    case MP_NEGATIVE:
        ASSERT(v.u.negative == o->via.i64);
        break;
    case MP_STR:
        ASSERT(view_equal(v.u.bytes, tree_str(o)));
        break;
    case MP_BIN:
        ASSERT(view_equal(v.u.bytes, tree_bin(o)));
        break;
    case MP_ARRAY:
        ASSERT(v.u.n == o->via.array.size);
        assert_same_array(in, &o->via.array);
        break;
    case MP_MAP:
        ASSERT(v.u.n == o->via.map.size);
        assert_same_map(in, &o->via.map);
        break;
    case MP_NIL:
    case MP_FLOAT:
    case MP_EXT:
        break; /* known by their type alone */
    }
}

static void pack(struct buf *out, const msgpack_object *o);

static void pack_scalar(struct buf *out, const msgpack_object *o)
{
    switch (type_of(o)) {
    case MP_NIL:
        mp_pack_nil(out);
        break;
    case MP_FLAG:
        mp_pack_flag(out, o->via.boolean);
        break;
    case MP_UNSIGNED:
        mp_pack_uint64(out, o->via.u64);
        break;
    case MP_NEGATIVE:
        mp_pack_int64(out, o->via.i64);
        break;
    case MP_FLOAT:
        mp_pack_double(out, o->via.f64);
        break;
    case MP_STR:
        mp_pack_text(out, tree_str(o));
        break;
    case MP_BIN:
        mp_pack_bytes(out, tree_bin(o));
        break;
    default:
        break; /* nobody writes ext */
    }
}

static void pack(struct buf *out, const msgpack_object *o)
{
    if (o->type == MSGPACK_OBJECT_ARRAY) {
        mp_pack_array(out, o->via.array.size);
        for (uint32_t i = 0; i < o->via.array.size; i++)
            pack(out, &o->via.array.ptr[i]);
    } else if (o->type == MSGPACK_OBJECT_MAP) {
        mp_pack_map(out, o->via.map.size);
        for (uint32_t i = 0; i < o->via.map.size; i++) {
            pack(out, &o->via.map.ptr[i].key);
            pack(out, &o->via.map.ptr[i].val);
        }
    } else {
        pack_scalar(out, o);
    }
}

static bool has(const msgpack_object *o, msgpack_object_type type)
{
    bool found = o->type == type;

    if (o->type == MSGPACK_OBJECT_ARRAY)
        for (uint32_t i = 0; i < o->via.array.size && !found; i++)
            found = has(&o->via.array.ptr[i], type);
    if (o->type == MSGPACK_OBJECT_MAP)
        for (uint32_t i = 0; i < o->via.map.size && !found; i++)
            found = has(&o->via.map.ptr[i].key, type) ||
                    has(&o->via.map.ptr[i].val, type);
    return found;
}

/* What msgpack-c writes of it, we do. It writes a float of 32 bits as such. */
static void assert_writes_the_same(const msgpack_object *o)
{
    struct buf ours = { 0 };
    msgpack_sbuffer theirs;
    msgpack_packer packer;

    if (has(o, MSGPACK_OBJECT_EXT) || has(o, MSGPACK_OBJECT_FLOAT32))
        return;
    msgpack_sbuffer_init(&theirs);
    msgpack_packer_init(&packer, &theirs, msgpack_sbuffer_write);
    msgpack_pack_object(&packer, *o);
    pack(&ours, o);
    ASSERT(view_equal(buf_view(&ours), view_of(theirs.data, theirs.size)));
    msgpack_sbuffer_destroy(&theirs);
    buf_fini(&ours);
}

static void assert_unpacks(struct view value)
{
    msgpack_zone *zone = tree_zone_new(1024);
    struct view in = value;
    msgpack_object o;

    ASSERT(tree_unpack(zone, value, &o) == ERR_NONE);
    assert_same(&in, &o);
    ASSERT(in.len == 0);
    assert_writes_the_same(&o);
    msgpack_zone_free(zone);
}

/* Without a scan: it ends, and within the input. */
static void take_all(struct view in)
{
    struct mp_value v;

    while (mp_take(&in, &v) == ERR_NONE)
        if (v.type == MP_STR || v.type == MP_BIN)
            (void)hash_bytes(v.u.bytes, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan_limits limits = { .values = 1 << 16 };
    struct view in, value;
    struct scan_size size_of;
    size_t len, again;

    if (size == 0)
        return 0;
    limits.depth = data[0] % (SCAN_DEPTH_MAX + 1);
    in = view_of(data + 1, size - 1);
    take_all(in);
    if (scan_limited(in, limits, &size_of) != ERR_NONE)
        return 0;
    len = size_of.len;
    ASSERT(len > 0 && len <= in.len);
    value = view_of(in.data, len);
    ASSERT(scan_one(value, limits.depth) == ERR_NONE);
    ASSERT(scan_value(view_of(in.data, len - 1), limits.depth, &again) ==
           ERR_SHORT);
    assert_unpacks(value);
    return 0;
}
