/* SPDX-License-Identifier: MIT */
/* tree - a msgpack value with all inside it at once, by msgpack-c: for
 * arguments and results of users, and for commands. Private to proto. Pure.
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

/* Unpack the value that is all of `in`. scan_one() must have passed it:
 * msgpack-c allocates as much as a head claims. Strings of *out point into
 * `in`. ERR_MEMORY. */
enum err tree_unpack(msgpack_zone *zone, struct view in, msgpack_object *out);

/* The bytes of a str and of a bin. */
struct view tree_str(const msgpack_object *o);
struct view tree_bin(const msgpack_object *o);
/* "integer", "string", ... for messages. */
const char *tree_type(const msgpack_object *o);

#endif
