/* SPDX-License-Identifier: MIT */
/* accept - an accept4 that closes what there is no room for. */
#include "coordinator/shell/accept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/rt/os/log.h"

#define OWN 32   /* descriptors: store, loop, ZeroMQ, endpoint */
#define SPARE 16 /* never given to peers */
#define PAUSE_NS 10000000

static struct {
    _Atomic int fd_max; /* peers have descriptors below it; 0: no limit */
    _Atomic int spare;  /* open for no purpose; -1: none */
    _Atomic uint64_t n_closed;
} room = { .spare = -1 };

uint32_t accept_reserve(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
        return UINT32_MAX;
    atomic_store(&room.spare, open("/dev/null", O_RDONLY | O_CLOEXEC));
    atomic_store(&room.fd_max,
                 limit.rlim_cur > SPARE + 1 ? (int)limit.rlim_cur - SPARE : 1);
    return limit.rlim_cur > OWN + SPARE ? (uint32_t)limit.rlim_cur - OWN - SPARE
                                        : 1;
}

static bool is_shortage(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM ||
           error == ENOBUFS;
}

static void tell(int error)
{
    uint64_t n = atomic_fetch_add(&room.n_closed, 1) + 1;

    if ((n & (n - 1)) == 0)
        log_line(TRACE_WARN, "connection-closed", "reason=%s n=%llu effect=%s",
                 error == 0 || error == EMFILE
                     ? "no descriptors are left (ulimit -n, LimitNOFILE=)"
                     : "the system is short of memory or files",
                 (unsigned long long)n, "its peer tries again");
}

static int accept_now(int fd, void *addr, void *len, int flags)
{
    return (int)syscall(SYS_accept4, fd, addr, len, flags);
}

/* The connection would make the endpoint readable for ever: take it with the
 * spare descriptor. Only ZeroMQ's one I/O thread comes here. */
static void take_and_close(int fd)
{
    const struct timespec pause = { .tv_nsec = PAUSE_NS };
    int spare = atomic_exchange(&room.spare, -1), taken;

    if (spare >= 0)
        close(spare);
    taken = accept_now(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (taken >= 0)
        close(taken);
    else
        nanosleep(&pause, NULL); /* or this would be a busy loop */
    atomic_store(&room.spare, open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/* In place of the C library's, for libzmq as well. */
__attribute__((visibility("default"))) int
accept4(int fd, __SOCKADDR_ARG addr, socklen_t *__restrict len, int flags)
{
    int fd_max = atomic_load(&room.fd_max);
    int taken = accept_now(fd, addr.__sockaddr__, len, flags);

    if (taken >= 0 && (fd_max == 0 || taken < fd_max))
        return taken;
    if (taken < 0 && !is_shortage(errno))
        return taken;
    tell(taken >= 0 ? 0 : errno);
    if (taken >= 0)
        close(taken);
    else
        take_and_close(fd);
    errno = ECONNABORTED;
    return -1;
}
