/* SPDX-License-Identifier: MIT */
/* seconds - the second of these examples: 1000 ms, or $YON_EXAMPLE_UNIT_MS. */
#ifndef SECONDS_H
#define SECONDS_H

#include <stdlib.h>
#include <yon/co.h>

static inline int64_t seconds(int64_t n)
{
    const char *unit_ms = getenv("YON_EXAMPLE_UNIT_MS");

    return n * (unit_ms != NULL ? atoi(unit_ms) : 1000);
}

/* Rounded. */
static inline long seconds_since(int64_t start_ms)
{
    return (long)((yon_now_ms() - start_ms + seconds(1) / 2) / seconds(1));
}

#endif
