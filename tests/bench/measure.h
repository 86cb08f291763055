/* SPDX-License-Identifier: MIT */
/* measure - clocks and medians of the benchmarks, which print lines of
 * key=value for tests/bench/run. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PAYLOAD_LEN = 64 }; /* bytes of the argument of every measured call */

static inline int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* CPU time of this process, where nobody else is waited for: other work on the
 * machine does not count. */
static inline int64_t cpu_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static inline int measure_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Sorts. */
static inline void print_trips(const char *what, int64_t *ns, size_t n)
{
    qsort(ns, n, sizeof *ns, measure_compare);
    printf("%s_p50_us=%.0f\n%s_p99_us=%.0f\n", what, (double)ns[n / 2] / 1e3,
           what, (double)ns[n * 99 / 100] / 1e3);
}

static inline void print_rate(const char *what, size_t n, int64_t took_ns)
{
    printf("%s_per_s=%.0f\n", what, (double)n * 1e9 / (double)took_ns);
}

static inline void print_cost(const char *what, size_t n, int64_t took_ns)
{
    printf("%s_ns=%.1f\n", what, (double)took_ns / (double)n);
}

#endif
