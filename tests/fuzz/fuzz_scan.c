/* SPDX-License-Identifier: MIT */
/* Any bytes: when the scan takes them, msgpack-c does, with the same length;
 * and taken value by value they are the same as with msgpack-c. The first byte
 * chooses the depth. */
#include <stdint.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "proto/mp.h"
#include "proto/scan.h"

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

static void assert_same(struct view *in, const msgpack_object *o)
{
    msgpack_object taken;

    mp_take(in, &taken);
    ASSERT(taken.type == o->type);
    switch (o->type) {
    case MSGPACK_OBJECT_BOOLEAN:
        ASSERT(taken.via.boolean == o->via.boolean);
        break;
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        ASSERT(taken.via.u64 == o->via.u64);
        break;
    case MSGPACK_OBJECT_STR:
        ASSERT(view_equal(mp_str(&taken), mp_str(o)));
        break;
    case MSGPACK_OBJECT_BIN:
        ASSERT(view_equal(mp_bin(&taken), mp_bin(o)));
        break;
    case MSGPACK_OBJECT_ARRAY:
        ASSERT(taken.via.array.size == o->via.array.size);
        assert_same_array(in, &o->via.array);
        break;
    case MSGPACK_OBJECT_MAP:
        ASSERT(taken.via.map.size == o->via.map.size);
        assert_same_map(in, &o->via.map);
        break;
    default:
        break; /* known by its type alone */
    }
}

static void assert_unpacks(struct view value)
{
    msgpack_zone *zone = mp_zone_new(1024);
    struct view in = value;
    msgpack_object o;

    ASSERT(mp_unpack(zone, value, &o) == ERR_NONE);
    assert_same(&in, &o);
    ASSERT(in.len == 0);
    mp_skip(&value);
    ASSERT(value.len == 0);
    msgpack_zone_free(zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scan_limits limits = { .values = 1 << 16 };
    struct view in, value;
    size_t len, again;

    if (size == 0)
        return 0;
    limits.depth = data[0] % (SCAN_DEPTH_MAX + 1);
    in = view_of(data + 1, size - 1);
    if (scan_limited(in, limits, &len) != ERR_NONE)
        return 0;
    ASSERT(len > 0 && len <= in.len);
    value = view_of(in.data, len);
    ASSERT(scan_one(value, limits.depth) == ERR_NONE);
    ASSERT(scan_value(view_of(in.data, len - 1), limits.depth, &again) ==
           ERR_SHORT);
    assert_unpacks(value);
    return 0;
}
