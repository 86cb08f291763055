/* SPDX-License-Identifier: MIT */
/* signal_set - the signals that coroutines of a loop wait for: yon_signal_wait
 * of <yon/io.h>.
 *
 * A signal that was waited for once stays watched: between two waits it would
 * have its default action, which ends the process.
 */
#include <signal.h>
#include <stdlib.h>

#include <yon/io.h>

#include "libcommon/check.h"
#include "libcommon/list.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/io/iowait.h"

struct signal_watch {
    uv_signal_t handle; /* keeps the loop alive while someone waits */
    struct list link;
    int number;
    bool pending; /* it came while no one waited */
    unsigned n_waiting;
};

struct signal_set {
    struct loop_part part;
    struct list watches;
    struct list waiters;
};

struct signal_waiter {
    struct iowait wait;
    struct list link;
    const int *signals;
    size_t n;
    int got;
};

static bool waits_for(const struct signal_waiter *w, int number)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->signals[i] == number)
            return true;
    return false;
}

static void signaled(uv_signal_t *handle, int number)
{
    struct signal_watch *watch =
        CONTAINER_OF(handle, struct signal_watch, handle);
    struct signal_set *set = handle->data;

    watch->pending = true;
    LIST_EACH (it, save, &set->waiters) {
        struct signal_waiter *w = LIST_ENTRY(it, struct signal_waiter, link);

        if (!iowait_is_open(&w->wait) || !waits_for(w, number))
            continue;
        watch->pending = false;
        w->got = number;
        iowait_end(&w->wait);
    }
}

static void watch_closed(uv_handle_t *handle)
{
    free(CONTAINER_OF(handle, struct signal_watch, handle));
}

static void watch_close(struct signal_watch *w)
{
    list_remove(&w->link);
    uv_close((uv_handle_t *)&w->handle, watch_closed);
}

static struct signal_watch *find(struct signal_set *set, int number)
{
    LIST_EACH (it, save, &set->watches) {
        struct signal_watch *w = LIST_ENTRY(it, struct signal_watch, link);

        if (w->number == number)
            return w;
    }
    return NULL;
}

/* Nobody waits. The memory goes with the next turns. */
static void set_close(struct loop_part *part)
{
    struct signal_set *set = CONTAINER_OF(part, struct signal_set, part);

    ASSERT(list_is_empty(&set->waiters));
    LIST_EACH (it, save, &set->watches)
        watch_close(LIST_ENTRY(it, struct signal_watch, link));
    free(set);
}

static struct signal_set *set_of(struct loop *l)
{
    struct loop_part *part = loop_part_find(l, set_close);
    struct signal_set *set;

    if (part != NULL)
        return CONTAINER_OF(part, struct signal_set, part);
    set = xcalloc(1, sizeof *set);
    list_init(&set->watches);
    list_init(&set->waiters);
    set->part.close = set_close;
    loop_part_add(l, &set->part);
    return set;
}

/* Faults of a broken program come back at once: no one can wait for them. */
static bool is_fault(int number)
{
    return number == SIGSEGV || number == SIGBUS || number == SIGILL ||
           number == SIGFPE;
}

static enum err watch_start(struct loop *l, struct signal_set *set, int number)
{
    struct signal_watch *w;

    if (find(set, number) != NULL)
        return ERR_NONE;
    if (is_fault(number))
        return ERR_RANGE;
    w = xcalloc(1, sizeof *w);
    w->number = number;
    list_insert(&set->watches, &w->link);
    uv_signal_init(loop_uv(l), &w->handle);
    w->handle.data = set;
    uv_unref((uv_handle_t *)&w->handle);
    if (uv_signal_start(&w->handle, signaled, number) == 0)
        return ERR_NONE;
    watch_close(w);
    return ERR_RANGE;
}

static bool take_pending(struct signal_set *set, const int *signals, size_t n,
                         int *got)
{
    for (size_t i = 0; i < n; i++) {
        struct signal_watch *w = find(set, signals[i]);

        if (!w->pending)
            continue;
        w->pending = false;
        *got = signals[i];
        return true;
    }
    return false;
}

static void hold(struct signal_set *set, const struct signal_waiter *waiter)
{
    for (size_t i = 0; i < waiter->n; i++) {
        struct signal_watch *w = find(set, waiter->signals[i]);

        if (w->n_waiting++ == 0)
            uv_ref((uv_handle_t *)&w->handle);
    }
}

static void let_go(struct signal_set *set, const struct signal_waiter *waiter)
{
    for (size_t i = 0; i < waiter->n; i++) {
        struct signal_watch *w = find(set, waiter->signals[i]);

        if (--w->n_waiting == 0)
            uv_unref((uv_handle_t *)&w->handle);
    }
}

static enum err signal_await(struct signal_set *set, const int *signals,
                             size_t n, int *got)
{
    struct signal_waiter w = { .signals = signals, .n = n };
    enum err err;

    list_insert(&set->waiters, &w.link);
    hold(set, &w);
    err = iowait_await(&w.wait);
    let_go(set, &w);
    list_remove(&w.link);
    if (err == ERR_NONE)
        *got = w.got;
    return err;
}

int yon_signal_wait(const int *signals, size_t n, int *got)
{
    struct loop *l = loop_current();
    struct signal_set *set;
    enum err err = io_begin_await();

    if (err == ERR_NONE && n == 0)
        err = ERR_RANGE;
    if (err != ERR_NONE)
        return -(int)err;
    set = set_of(l);
    for (size_t i = 0; i < n && err == ERR_NONE; i++)
        err = watch_start(l, set, signals[i]);
    if (err == ERR_NONE && !take_pending(set, signals, n, got))
        err = signal_await(set, signals, n, got);
    return -(int)err;
}
