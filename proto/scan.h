/* SPDX-License-Identifier: MIT */
/* scan - does a msgpack value stand here whole, and is it what it claims? Pure.
 *
 * For what is passed over, and for trees: msgpack-c would allocate what a lying
 * head claims, so that nothing from outside is unpacked before it was scanned.
 * No recursion, no allocation.
 */
#ifndef SCAN_H
#define SCAN_H

#include "libcommon/buf.h"

#define SCAN_DEPTH_MAX 24 /* msgpack-c itself ends at 32 */

struct scan_limits {
    unsigned depth;  /* a scalar has 0; at most SCAN_DEPTH_MAX */
    uint64_t values; /* containers and what is in them; msgpack-c takes 24
                        bytes for each */
};

struct scan_size {
    size_t len;      /* bytes */
    uint64_t values; /* as the limit counts them */
};

/* Measure the first value in `in`.
 * ERR_SHORT   it ends beyond the input, or claims more elements than bytes
 *             left;
 * ERR_RANGE   nested deeper, or more values, than the limits;
 * ERR_FORMAT  not msgpack. */
enum err scan_limited(struct view in, struct scan_limits limits,
                      struct scan_size *out);
/* Its bytes, with a limit for the depth only. */
enum err scan_value(struct view in, unsigned depth_max, size_t *len);
/* Exactly one value and nothing behind it. ERR_FORMAT also for trailing bytes.
 */
enum err scan_one(struct view in, unsigned depth_max);

#endif
