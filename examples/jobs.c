/* SPDX-License-Identifier: MIT */
/* jobs - small functions to try things out with; the tests call them too.
 *
 *   yon up --load build/lib/example_jobs.so
 *   yon call add a:=2 b:=3
 */
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <yon/job.h>

/* { a, b } -> a + b */
static int add(yon_job *job)
{
    int64_t a, b;
    int err = yon_args(job, "{sIsI}", "a", &a, "b", &b);

    if (err != 0)
        return err;
    if (__builtin_add_overflow(a, b, &a))
        return yon_fail(job, "the sum has more than 64 bits");
    return yon_return(job, "I", a);
}

/* { ms } -> ms, after that time */
static int sleep_ms(yon_job *job)
{
    int64_t ms;
    int err = yon_args(job, "{sI}", "ms", &ms);

    if (err == 0)
        err = yon_sleep(ms);
    return err != 0 ? err : yon_return(job, "I", ms);
}

/* { ms } -> ms, after that time, in which nobody else gets a turn: how not to
 * do it. The stall monitor names it. */
static int block(yon_job *job)
{
    struct timespec now, end;
    int64_t ms;
    int err = yon_args(job, "{sI}", "ms", &ms);

    if (err != 0)
        return err;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += ms % 1000 * 1000000;
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - end.tv_sec) * 1000000000 + now.tv_nsec - end.tv_nsec <
           0);
    return yon_return(job, "I", ms);
}

/* any value -> the same value */
static int echo(yon_job *job)
{
    size_t len;
    const void *args = yon_args_raw(job, &len);

    return yon_return_raw(job, args, len);
}

/* { why } -> fails with that text */
static int fail(yon_job *job)
{
    const char *why;
    int err = yon_args(job, "{ss}", "why", &why);

    return err != 0 ? err : yon_fail(job, "%s", why);
}

/* { times, ms } -> which start this is: so many times before it asks to be
 * started again, ms later */
static int flaky(yon_job *job)
{
    uint32_t tries = yon_job_tries(job);
    int64_t times, ms;
    int err = yon_args(job, "{sIsI}", "times", &times, "ms", &ms);

    if (err != 0)
        return err;
    if (tries <= times)
        return yon_retry(job, ms, "not yet, this is start %u", (unsigned)tries);
    return yon_return(job, "I", (int64_t)tries);
}

/* -> { job, elem, attempt }: who am I? */
static int who(yon_job *job)
{
    return yon_return(job, "{sUsUss}", "job", yon_job_id(job), "elem",
                      (uint64_t)yon_job_elem(job), "attempt",
                      yon_job_attempt(job));
}

/* { n } -> the sum of n calls of add, on whatever workers, all at once */
static int fanout(yon_job *job)
{
    yon_future *calls[1000] = { 0 }, *ended;
    int64_t n, sum = 0, part;
    size_t i;
    int err = yon_args(job, "{sI}", "n", &n);

    if (err != 0)
        return err;
    if (n < 0 || n > 1000)
        return yon_fail(job, "n is 0 to 1000");
    for (i = 0; i < (size_t)n; i++)
        calls[i] = yon_call(yon_job_client(job), "add", "{sIsI}", "a",
                            (int64_t)i, "b", (int64_t)1);
    while ((err = yon_each(calls, (size_t)n, &i, &ended)) == 0) {
        err = yon_result(ended, "I", &part);
        yon_free(ended);
        if (err != 0)
            break;
        sum += part;
    }
    for (i = 0; i < (size_t)n; i++) { /* what is left after an error */
        if (calls[i] != NULL)
            yon_cancel(calls[i]);
        yon_free(calls[i]);
    }
    return err != YON_EEXHAUSTED ? err : yon_return(job, "I", sum);
}

/* -> nothing: it takes its process down, as a bug in a module does */
static int crash(yon_job *job)
{
    volatile int *volatile nowhere = NULL; /* or the compiler drops it */

    (void)job;
    *nowhere = 1;
    return 0;
}

static int write_nowhere(void *arg)
{
    return crash(arg);
}

/* -> nothing: the same on a thread */
static int thread_crash(yon_job *job)
{
    yon_future *f = yon_thread(write_nowhere, job);
    int err = yon_await(f);

    yon_free(f);
    return err;
}

/* -> nothing: exit() is not for calls, it ends their process */
static int quit(yon_job *job)
{
    (void)job;
    exit(3);
}

/* -> never: it takes no notice of its cancel, and waits on */
static int deaf(yon_job *job)
{
    int n_refused = 0;

    while (n_refused >= 0)
        n_refused = yon_sleep(5) != 0;
    return yon_return(job, "i", n_refused);
}

/* { ms } -> nothing: it does not want to be cancelled */
static int stubborn(yon_job *job)
{
    int64_t ms;
    int err = yon_args(job, "{sI}", "ms", &ms);

    yon_shield_begin();
    if (err == 0)
        err = yon_sleep(ms);
    yon_shield_end();
    return err;
}

static int recurse(volatile const char *caller, int64_t depth)
{
    volatile char frame[512];

    frame[0] = caller[0];
    return depth == 0 ? 0 : recurse(frame, depth - 1) + frame[0];
}

/* -> nothing: it uses up its stack */
static int overflow(yon_job *job)
{
    int odd = recurse("", 1000000);

    return yon_return(job, "i", odd);
}

/* -> nothing: it says that it is half way, and waits until it is cancelled */
static int half_way(yon_job *job)
{
    yon_progress(job, 1, 2, "getting nowhere");
    return yon_sleep(INT64_C(24) * 3600 * 1000);
}

/* The same without waiting: how a loop that computes is cancelled. */
static int busy_half_way(yon_job *job)
{
    while (!yon_is_cancelled())
        yon_progress(job, 1, 2, "getting nowhere");
    return YON_ECANCELLED;
}

/* { below } -> how many primes there are: it computes and waits for nothing, so
 * it runs in a process apart, tells how far it is, and looks now and then
 * whether it is still wanted. */
static int primes(yon_job *job)
{
    int64_t below, n = 0;
    int err = yon_args(job, "{sI}", "below", &below);

    for (int64_t i = 2; i < below && err == 0; i++) {
        int64_t divisor = 2;

        while (divisor * divisor <= i && i % divisor != 0)
            divisor++;
        n += divisor * divisor > i;
        if (i % 1024 == 0)
            yon_progress(job, (uint64_t)i, (uint64_t)below, "counting");
        if (i % 1024 == 0 && yon_is_cancelled())
            err = YON_ECANCELLED;
    }
    return err != 0 ? err : yon_return(job, "I", n);
}

YON_MODULE({ "add", add }, { "sleep", sleep_ms }, { "block", block },
           { "echo", echo }, { "fail", fail }, { "flaky", flaky },
           { "who", who }, { "fanout", fanout }, { "crash", crash },
           { "thread_crash", thread_crash }, { "overflow", overflow },
           { "quit", quit }, { "stubborn", stubborn }, { "deaf", deaf },
           { "primes", primes, .cpu = 1 }, { "cpu_block", block, .cpu = 1 },
           { "cpu_sleep", sleep_ms, .cpu = 1 },
           { "cpu_fanout", fanout, .cpu = 1 }, { "cpu_who", who, .cpu = 1 },
           { "half_way", half_way },
           { "cpu_half_way", busy_half_way, .cpu = 1 },
           { "cpu_crash", crash, .cpu = 1 }, { "cpu_quit", quit, .cpu = 1 },
           { "cpu_overflow", overflow, .cpu = 1 })
