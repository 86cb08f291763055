/* SPDX-License-Identifier: MIT */
/* lease_guard - ends a process whose lease is over. */
#include "worker/shell/life/lease_guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"

/* Nobody is told when a process that had no lease gets one: so often one looks.
 * A new lease does not end so soon. */
#define LOOK_MS 200

/* Memory of another version, or of something else, has no guard. */
#define MAGIC 0x79ae01u

struct lease_guard {
    uint64_t magic;
    _Atomic int64_t over_ms;
    _Atomic bool runs;
    boot_id boot;
};

int lease_guard_open(int before, uint32_t n)
{
    int fd = before >= 0 ? before : memfd_create("yon-guard", MFD_CLOEXEC);

    if (fd >= 0 &&
        ftruncate(fd, (off_t)(n * sizeof(struct lease_guard))) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

struct lease_guard *lease_guard_map(int fd, uint32_t number)
{
    int flags = fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED;
    size_t len = number * sizeof(struct lease_guard);
    struct lease_guard *g;
    struct stat st;

    ASSERT(number > 0);
    if (fd >= 0 && (fstat(fd, &st) != 0 || st.st_size < (off_t)len))
        return NULL; /* to touch what is not there would be a SIGBUS */
    g = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (g == MAP_FAILED)
        return NULL;
    g += number - 1;
    if (g->magic != MAGIC)
        memset(g, 0, sizeof *g);
    g->magic = MAGIC;
    return g;
}

void lease_guard_set(struct lease_guard *g, int64_t over_ms, bool runs)
{
    /* In this order, so that it never seems to run under an old lease. */
    if (!runs)
        atomic_store(&g->runs, false);
    atomic_store(&g->over_ms, over_ms);
    if (runs)
        atomic_store(&g->runs, true);
}

bool lease_guard_has_lease(const struct lease_guard *g)
{
    return atomic_load(&g->over_ms) != INT64_MAX;
}

bool lease_guard_is_over(const struct lease_guard *g, int64_t now_ms)
{
    return atomic_load(&g->runs) && atomic_load(&g->over_ms) <= now_ms;
}

int64_t lease_guard_look_ms(const struct lease_guard *g, int64_t now_ms)
{
    int64_t over_ms = atomic_load(&g->over_ms);

    return over_ms > now_ms && over_ms != INT64_MAX ? over_ms
                                                    : now_ms + LOOK_MS;
}

boot_id lease_guard_begin(struct lease_guard *g, boot_id boot)
{
    boot_id former = g->boot;

    g->boot = boot;
    return former;
}

void lease_guard_forget(struct lease_guard *g)
{
    g->boot = (boot_id){ 0 };
}

static void *watch(void *arg)
{
    const struct lease_guard *g = arg;
    int64_t at_ms;
    struct timespec at;

    while (!lease_guard_is_over(g, clock_boot_ms())) {
        at_ms = lease_guard_look_ms(g, clock_boot_ms());
        at = (struct timespec){ .tv_sec = at_ms / 1000,
                                .tv_nsec = at_ms % 1000 * 1000000 };
        clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &at, NULL);
    }
    log_line(TRACE_ERROR, "lease-over", "effect=%s",
             "the loop does not answer: this process and its programs are "
             "killed");
    kill(getpid(), SIGKILL); /* which the shims see */
    return NULL;
}

bool lease_guard_watch(struct lease_guard *g)
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
