/* SPDX-License-Identifier: MIT */
/* background - jobs that asyncio/jetroutines.c and asyncio/primes.c call: in
 * their own process, or on workers that have loaded this file. */
#include <stdbool.h>
#include <stdio.h>
#include <yon/job.h>

/* { page, ms } -> what was fetched, after that time */
static int fetch(yon_job *job)
{
    const char *page;
    char text[100];
    int64_t ms;
    int err = yon_args(job, "{sssI}", "page", &page, "ms", &ms);

    if (err == 0)
        err = yon_sleep(ms);
    if (err != 0)
        return err;
    snprintf(text, sizeof text, "the %s page", page);
    return yon_return(job, "s", text);
}

static bool is_prime(int64_t n)
{
    int64_t divisor = 2;

    while (divisor * divisor <= n && n % divisor != 0)
        divisor++;
    return divisor * divisor > n;
}

/* [below] -> how many primes there are; it computes and does not wait */
static int count_primes(yon_job *job)
{
    int64_t below, n = 0;
    int err = yon_args(job, "[I]", &below);

    for (int64_t i = 2; err == 0 && i < below; i++)
        n += is_prime(i);
    return err != 0 ? err : yon_return(job, "I", n);
}

YON_MODULE({ "fetch", fetch }, { "count_primes", count_primes, .cpu = 1 })
