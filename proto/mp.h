/* SPDX-License-Identifier: MIT */
/* mp - msgpack written into a buf, and read value by value. Operations, records
 * and items need nothing else: reading is bounded by the bytes that are there
 * and allocates nothing. For a whole tree of values at once there is
 * proto/tree.h. Private to proto. Pure.
 */
#ifndef MP_H
#define MP_H

#include "libcommon/buf.h"

/* ---- writing: append, in the shortest form ---- */

static inline void mp_pack_byte(struct buf *out, uint8_t byte)
{
    buf_append(out, &byte, 1);
}

static inline void mp_pack_nil(struct buf *out)
{
    mp_pack_byte(out, 0xc0);
}

static inline void mp_pack_flag(struct buf *out, bool flag)
{
    mp_pack_byte(out, flag ? 0xc3 : 0xc2);
}

void mp_pack_large(struct buf *out, uint64_t n); /* 0x80 or more */

static inline void mp_pack_uint64(struct buf *out, uint64_t n)
{
    if (n < 0x80)
        mp_pack_byte(out, (uint8_t)n);
    else
        mp_pack_large(out, n);
}

void mp_pack_int64(struct buf *out, int64_t n);
void mp_pack_double(struct buf *out, double d);
/* The head of so many values, or pairs of key and value, which follow. */
void mp_pack_long_array(struct buf *out, size_t n); /* 16 or more */

static inline void mp_pack_array(struct buf *out, size_t n)
{
    if (n < 16)
        mp_pack_byte(out, (uint8_t)(0x90 + n));
    else
        mp_pack_long_array(out, n);
}

void mp_pack_map(struct buf *out, size_t n);
void mp_pack_text(struct buf *out, struct view v);  /* as str */
void mp_pack_bytes(struct buf *out, struct view v); /* as bin */

/* ---- reading ---- */

enum mp_type {
    MP_NIL,
    MP_FLAG,
    MP_UNSIGNED,
    MP_NEGATIVE,
    MP_FLOAT,
    MP_STR,
    MP_BIN,
    MP_ARRAY,
    MP_MAP,
    MP_EXT,
};

struct mp_value {
    enum mp_type type;
    union {
        bool flag;
        uint64_t n;        /* UNSIGNED; values of an ARRAY, pairs of a MAP */
        int64_t negative;  /* NEGATIVE */
        struct view bytes; /* STR, BIN: in the input; FLOAT: as it stands */
    } u;
};

/* Take the first value off: a scalar whole, a container's head. Of EXT only the
 * type is told; mp_double reads a FLOAT.
 *
 * ERR_SHORT   it ends beyond the input, or claims more values than bytes are
 *             left;
 * ERR_FORMAT  not msgpack. */
enum err mp_take(struct view *in, struct mp_value *out);
double mp_double(const struct mp_value *v);
/* "integer", "string", ... for messages. */
const char *mp_type_name(enum mp_type type);

#endif
