/* SPDX-License-Identifier: MIT */
/* tree - msgpack-c, and its few pitfalls. */
#include "proto/tree.h"

#include "libcommon/check.h"

msgpack_zone *tree_zone_new(size_t chunk_len)
{
    msgpack_zone *zone = msgpack_zone_new(chunk_len);

    if (zone == NULL)
        check_failed(__FILE__, __LINE__, "out of memory");
    return zone;
}

void *tree_zone_take(msgpack_zone *zone, size_t n, size_t size)
{
    ASSERT(size == 0 || n <= SIZE_MAX / 2 / size);
    return msgpack_zone_malloc(zone, n * size);
}

enum err tree_unpack(msgpack_zone *zone, struct view in, msgpack_object *out)
{
    msgpack_unpack_return ret =
        msgpack_unpack((const char *)in.data, in.len, NULL, zone, out);

    if (ret == MSGPACK_UNPACK_SUCCESS)
        return ERR_NONE;
    /* What else could be wrong was found by the scan; msgpack-c reports a lack
     * of memory as a parse error. */
    return ERR_MEMORY;
}

struct view tree_str(const msgpack_object *o)
{
    /* msgpack-c leaves the pointer of an empty one as it was. */
    return o->via.str.size > 0 ? view_of(o->via.str.ptr, o->via.str.size)
                               : (struct view){ 0 };
}

struct view tree_bin(const msgpack_object *o)
{
    return o->via.bin.size > 0 ? view_of(o->via.bin.ptr, o->via.bin.size)
                               : (struct view){ 0 };
}

const char *tree_type(const msgpack_object *o)
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
