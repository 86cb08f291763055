/* SPDX-License-Identifier: MIT */
/* guard - see guard.h. */
#include "worker/shell/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"

/* Nobody is told when a process that had no lease gets one: so often one looks.
 * A new lease does not end so soon. */
#define LOOK_MS 200

struct guard {
    _Atomic int64_t over_ms;
    _Atomic bool runs;
    boot_id boot;
};

int guard_open(void)
{
    int fd = memfd_create("yon-guard", MFD_CLOEXEC);

    if (fd >= 0 && ftruncate(fd, sizeof(struct guard)) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct guard *guard_map(int fd)
{
    int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
    void *at =
        mmap(NULL, sizeof(struct guard), PROT_READ | PROT_WRITE, flags, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}

void guard_set(struct guard *g, int64_t over_ms, bool runs)
{
    /* In this order, so that it never seems to run under an old lease. */
    if (!runs)
        atomic_store(&g->runs, false);
    atomic_store(&g->over_ms, over_ms);
    if (runs)
        atomic_store(&g->runs, true);
}

bool guard_is_over(const struct guard *g, int64_t now_ms)
{
    return atomic_load(&g->runs) && atomic_load(&g->over_ms) <= now_ms;
}

int64_t guard_look_ms(const struct guard *g, int64_t now_ms)
{
    int64_t over_ms = atomic_load(&g->over_ms);

    return over_ms > now_ms && over_ms != INT64_MAX ? over_ms
                                                    : now_ms + LOOK_MS;
}

boot_id guard_begin(struct guard *g, boot_id boot)
{
    boot_id former = g->boot;

    g->boot = boot;
    return former;
}

void guard_forget(struct guard *g)
{
    g->boot = (boot_id){ 0 };
}

static void *watch(void *arg)
{
    const struct guard *g = arg;
    int64_t at_ms;
    struct timespec at;

    while (!guard_is_over(g, clock_boot_ms())) {
        at_ms = guard_look_ms(g, clock_boot_ms());
        at = (struct timespec){ .tv_sec = at_ms / 1000,
                                .tv_nsec = at_ms % 1000 * 1000000 };
        clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL);
    }
    log_line(TRACE_ERROR, "lease-over", "effect=%s",
             "the loop does not answer: this process and its programs are "
             "killed");
    kill(getpid(), SIGKILL); /* which the keepers see */
    return NULL;
}

bool guard_watch(struct guard *g)
{
    pthread_t thread;
    sigset_t all, before;
    bool started;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    started = pthread_create(&thread, NULL, watch, g) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_detach(thread);
    return started;
}
