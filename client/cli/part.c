/* SPDX-License-Identifier: MIT */
#include "client/cli/part.h"

#include "libcommon/rt/os/duration.h"

void part_add(struct buf *out, const char *before, uint64_t n, const char *what)
{
    if (n == 0)
        return;
    buf_addf(out, "%s%s", out->len > 0 ? ", " : "", before);
    duration_add_number(out, n);
    buf_addf(out, " %s", what);
}
