/* SPDX-License-Identifier: MIT */
/* mp - msgpack-c, with our buffers and only for input that was scanned. Private
 * to proto. Pure.
 */
#ifndef MP_H
#define MP_H

#include <msgpack.h>

#include "buf.h"

/* ---- packing ---- */

/* A packer that appends to `out`. */
msgpack_packer mp_packer(struct buf *out);
void mp_pack_str(msgpack_packer *pk, struct view v);
void mp_pack_bin(msgpack_packer *pk, struct view v);
void mp_pack_flag(msgpack_packer *pk, bool flag);

/* ---- unpacking ---- */

/* Memory that grows by chunks of at least chunk_len bytes, the first of which
 * it keeps when it is cleared. Never NULL: without memory the process ends.
 * Free with msgpack_zone_free. */
msgpack_zone *mp_zone_new(size_t chunk_len);
/* Room for n things of `size` bytes; NULL when there is no memory. */
void *mp_zone_take(msgpack_zone *zone, size_t n, size_t size);

/* Unpack the one value that `in` is, which scan has measured and found good.
 * Strings of *out point into `in`. ERR_MEMORY. */
enum err mp_unpack(msgpack_zone *zone, struct view in, msgpack_object *out);

/* The bytes of a str and of a bin. */
struct view mp_str(const msgpack_object *o);
struct view mp_bin(const msgpack_object *o);
/* "integer", "string", ... for messages. */
const char *mp_type(const msgpack_object *o);

#endif
