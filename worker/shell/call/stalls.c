/* SPDX-License-Identifier: MIT */
/* stalls - calls that hold the loop, as the stall monitor sees them. */
#include "worker/shell/call/stalls.h"

#include <inttypes.h>
#include <stdlib.h>

#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/stall_monitor.h"
#include "libcommon/rt/os/log.h"

struct stalls {
    struct stall_monitor *monitor;
    stalls_fn *fn;
    void *arg;
    _Atomic uint64_t n;
    uv_async_t async;
    pthread_mutex_t mutex; /* of what follows */
    struct list seen;      /* struct seen, not told yet */
};

struct seen {
    struct list link;
    struct stall stall;
    char *where;
};

/* On the stall monitor's thread, while the loop is held. */
static void saw(void *arg, const struct stall_report *r)
{
    struct stalls *s = arg;
    struct seen *seen;

    if (r->news != STALL_LONG)
        return; /* the loop knows itself when it goes on */
    log_line(TRACE_WARN, "loop-held",
             "by=%s function=%s held_ms=%" PRId64 " at=%s stall=%" PRIu64,
             r->label, r->coroutine, r->held_ms, r->stack, s->n + 1);
    seen = xcalloc(1, sizeof *seen);
    seen->where = xstrdup(r->stack);
    seen->stall = (struct stall){ r->arg, r->since_ms, seen->where };
    pthread_mutex_lock(&s->mutex);
    list_insert(&s->seen, &seen->link);
    pthread_mutex_unlock(&s->mutex);
    s->n++;
    uv_async_send(&s->async);
}

uint64_t stalls_n(const struct stalls *s)
{
    return s->n;
}

static struct seen *take_first(struct stalls *s)
{
    struct seen *first = NULL;

    pthread_mutex_lock(&s->mutex);
    if (!list_is_empty(&s->seen)) {
        first = LIST_ENTRY(s->seen.next, struct seen, link);
        list_remove(&first->link);
    }
    pthread_mutex_unlock(&s->mutex);
    return first;
}

void stalls_tell(struct stalls *s)
{
    struct seen *seen;

    while (s != NULL && (seen = take_first(s)) != NULL) {
        s->fn(s->arg, &seen->stall);
        free(seen->where);
        free(seen);
    }
}

static void called(uv_async_t *async)
{
    stalls_tell(async->data);
}

static void closed(uv_handle_t *async)
{
    free(async->data);
}

struct stalls *stalls_start(struct loop *l, int64_t slow_ms, stalls_fn *fn,
                            void *arg)
{
    struct stalls *s;

    if (slow_ms == 0)
        return NULL;
    s = xcalloc(1, sizeof *s);
    s->fn = fn;
    s->arg = arg;
    list_init(&s->seen);
    pthread_mutex_init(&s->mutex, NULL);
    uv_async_init(loop_uv(l), &s->async, called);
    uv_unref((uv_handle_t *)&s->async);
    s->async.data = s;
    s->monitor = stall_monitor_start(l, slow_ms, saw, s);
    if (s->monitor != NULL)
        return s;
    log_line(TRACE_WARN, "no-stall-monitor", "effect=%s",
             "no thread for it: calls that hold the loop are not named");
    stalls_stop(s);
    return NULL;
}

void stalls_stop(struct stalls *s)
{
    if (s == NULL)
        return;
    stall_monitor_stop(s->monitor);
    stalls_tell(s);
    pthread_mutex_destroy(&s->mutex);
    uv_close((uv_handle_t *)&s->async, closed);
}
