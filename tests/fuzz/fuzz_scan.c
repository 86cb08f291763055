/* SPDX-License-Identifier: MIT */
/* Whatever the bytes are: what the scan takes, msgpack-c takes, and it is as
 * long as was said. The first byte chooses the depth. */
#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "mp.h"
#include "scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void assert_unpacks(struct view value)
{
    msgpack_zone *zone = mp_zone_new(1024);
    msgpack_object o;

    ASSERT(mp_unpack(zone, value, &o) == ERR_NONE);
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
