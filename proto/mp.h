/* SPDX-License-Identifier: MIT */
/* mp - msgpack-c, with our buffers and only for input that was scanned. Private
 * to proto. Pure.
 */
#ifndef MP_H
#define MP_H

#include <msgpack.h>

#include "libcommon/buf.h"

/* ---- packing ---- */

/* msgpack-c's templates, once more, with a buf where they have a callback:
 * mp_pack_uint64(out, n), mp_pack_array(out, n), mp_pack_nil(out) ... append.
 */
#undef msgpack_pack_inline_func_cint
#undef msgpack_pack_inline_func_fixint
#define msgpack_pack_inline_func(name) static inline int mp_pack##name
#define msgpack_pack_inline_func_cint(name) static inline int mp_pack##name
#define msgpack_pack_inline_func_fixint(name) \
    static inline int mp_pack_fix##name
#define msgpack_pack_user struct buf *
#define msgpack_pack_append_buffer(out, bytes, len) \
    return (buf_append(out, bytes, len), 0)
#include <msgpack/pack_template.h>

void mp_pack_text(struct buf *out, struct view v);  /* as str */
void mp_pack_bytes(struct buf *out, struct view v); /* as bin */
void mp_pack_flag(struct buf *out, bool flag);

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

/* Take the first value off bytes that scan has found good: a scalar whole, of a
 * container its size only. Strings of *out point into `in`, others than str,
 * bin and numbers are known by their type alone. */
void mp_take(struct view *in, msgpack_object *out);
/* Take it off with all that is in it. */
void mp_skip(struct view *in);

/* The bytes of a str and of a bin. */
struct view mp_str(const msgpack_object *o);
struct view mp_bin(const msgpack_object *o);
/* "integer", "string", ... for messages. */
const char *mp_type(const msgpack_object *o);

#endif
