/* SPDX-License-Identifier: MIT */
/* num - the smaller and the larger of two numbers.
 *
 * int64_t is for times and intervals, size_t for lengths and counts. Pure.
 */
#ifndef NUM_H
#define NUM_H

#include <stddef.h>
#include <stdint.h>

static inline int64_t num_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t num_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* x, or the nearer end of min .. max. Where min > max: min. */
static inline int64_t num_clamp(int64_t x, int64_t min, int64_t max)
{
    return x < min ? min : x > max ? max : x;
}

static inline size_t num_min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t num_max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

#endif
