/* SPDX-License-Identifier: MIT */
/* scan - measures a msgpack value, and checks that it is whole. Pure.
 *
 * Values that a reader skips are measured so, and trees before they are
 * unpacked: msgpack-c would allocate as much as a lying head claims. No
 * recursion, no allocation.
 */
#ifndef SCAN_H
#define SCAN_H

#include "libcommon/buf.h"

#define SCAN_DEPTH_MAX 24 /* msgpack-c itself ends at 32 */

struct scan_limits {
    unsigned depth;  /* a scalar has 0; at most SCAN_DEPTH_MAX */
    uint64_t values; /* containers and all values in them */
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
