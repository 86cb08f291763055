/* SPDX-License-Identifier: MIT */
/* pollable - one descriptor for all that a loop waits for.
 *
 * The descriptor is an epoll with two others in it: that of libuv, which is
 * readable when one of its descriptors is, and a timer for what libuv does
 * without a descriptor: timers, idle handles and closing.
 *
 * libuv adds a new descriptor to its epoll only when it polls, and its timeout
 * does not say that one waits to be added (before 1.45). So the first turn is
 * always due; later only coroutines add descriptors, and those are on other
 * loops.
 */
#include "libcommon/rt/co/pollable.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000

struct pollable {
    struct loop_part part;
    struct loop *loop;
    int epoll;
    int timer;
    bool stirred; /* the timer is set to now */
};

/* ms < 0: never. */
static void timer_set(struct pollable *p, int ms)
{
    struct itimerspec at = { 0 };
    int failed;

    if (ms > 0) {
        at.it_value.tv_sec = ms / MS_PER_S;
        at.it_value.tv_nsec = (long)(ms % MS_PER_S) * NS_PER_MS;
    } else if (ms == 0) {
        at.it_value.tv_nsec = 1;
    }
    failed = timerfd_settime(p->timer, 0, &at, NULL);
    ASSERT(failed == 0);
    p->stirred = ms == 0;
}

/* Make the descriptor readable. */
static void pollable_stir(struct loop_part *part)
{
    struct pollable *p = CONTAINER_OF(part, struct pollable, part);

    if (!p->stirred && !p->loop->is_running)
        timer_set(p, 0);
}

static int watch(struct pollable *p, int fd)
{
    struct epoll_event readable = { .events = EPOLLIN };

    return epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &readable);
}

static void pollable_free(struct pollable *p)
{
    if (p->epoll >= 0)
        close(p->epoll);
    if (p->timer >= 0)
        close(p->timer);
    free(p);
}

static void pollable_close(struct loop_part *part)
{
    struct pollable *p = CONTAINER_OF(part, struct pollable, part);

    uv_unref((uv_handle_t *)&p->loop->poll_next);
    pollable_free(p);
}

/* NULL: the loop is not polled from outside. */
static struct pollable *pollable_of(const struct loop *l)
{
    struct loop_part *part = loop_part_find(l, pollable_close);

    return part == NULL ? NULL : CONTAINER_OF(part, struct pollable, part);
}

static enum err pollable_new(struct loop *l, struct pollable **out)
{
    struct pollable *p = xcalloc(1, sizeof *p);
    enum err err;

    p->epoll = epoll_create1(EPOLL_CLOEXEC);
    p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (p->epoll < 0 || p->timer < 0 || watch(p, p->timer) != 0 ||
        watch(p, uv_backend_fd(l->uv)) != 0) {
        err = errno == EMFILE || errno == ENFILE ? ERR_LIMIT : ERR_SYSTEM;
        pollable_free(p);
        return err;
    }
    p->loop = l;
    p->part.close = pollable_close;
    p->part.stir = pollable_stir;
    loop_part_add(l, &p->part);
    /* The loop must poll also when nothing keeps it busy. */
    uv_ref((uv_handle_t *)&l->poll_next);
    pollable_stir(&p->part);
    *out = p;
    return ERR_NONE;
}

enum err pollable_fd(struct loop *l, int *fd)
{
    struct pollable *p;
    enum err err;

    if (l->uv != &l->own || l->is_freed || loop_is_inherited(l))
        return ERR_STATE;
    p = pollable_of(l);
    if (p == NULL) {
        err = pollable_new(l, &p);
        if (err != ERR_NONE)
            return err;
    }
    *fd = p->epoll;
    return ERR_NONE;
}

enum err pollable_dispatch(struct loop *l)
{
    struct pollable *p;

    if (!loop_can_run(l))
        return ERR_STATE;
    l->is_running = true;
    uv_run(l->uv, UV_RUN_NOWAIT);
    l->is_running = false;
    if (l->is_freed) {
        loop_free(l);
        return ERR_CLOSED;
    }
    p = pollable_of(l);
    if (p != NULL) {
        uv_update_time(l->uv);
        timer_set(p, uv_backend_timeout(l->uv));
    }
    return ERR_NONE;
}
