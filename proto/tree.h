/* SPDX-License-Identifier: MIT */
/* tree - a msgpack value with all that is in it at once, by msgpack-c: the
 * arguments and results of users, and commands. Private to proto. Pure.
 */
#ifndef TREE_H
#define TREE_H

#include <msgpack.h>

#include "libcommon/buf.h"

/* Memory that grows by chunks of at least chunk_len bytes, the first of which
 * it keeps when it is cleared. Never NULL: without memory the process ends.
 * Free with msgpack_zone_free. */
msgpack_zone *tree_zone_new(size_t chunk_len);
/* Room for n things of `size` bytes; NULL when there is no memory. */
void *tree_zone_take(msgpack_zone *zone, size_t n, size_t size);

/* Unpack the one value that `in` is, which scan has found good: msgpack-c
 * allocates what a head claims. Strings of *out point into `in`. ERR_MEMORY. */
enum err tree_unpack(msgpack_zone *zone, struct view in, msgpack_object *out);

/* The bytes of a str and of a bin. */
struct view tree_str(const msgpack_object *o);
struct view tree_bin(const msgpack_object *o);
/* "integer", "string", ... for messages. */
const char *tree_type(const msgpack_object *o);

#endif
