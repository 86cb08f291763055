/* SPDX-License-Identifier: MIT */
/* loop - turns of a libuv loop, and the queues of coroutines that can go on and
 * of calls that are due.
 *
 * libuv calls idle handles before it polls and does not sleep while one is
 * active: that is where the queues run.
 */
#include "libcommon/rt/co/loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/os/forks.h"

/* All loops of this thread. Zeroed: there was none yet. */
static _Thread_local struct list loops;

/* All loops of the process, for what is used on a wrong thread. */
static struct {
    pthread_mutex_t lock;
    struct list loops; /* by of_all */
} all = { PTHREAD_MUTEX_INITIALIZER, { &all.loops, &all.loops } };

static void all_add(struct loop *l)
{
    pthread_mutex_lock(&all.lock);
    list_insert(&all.loops, &l->of_all);
    pthread_mutex_unlock(&all.lock);
}

static void all_remove(struct loop *l)
{
    pthread_mutex_lock(&all.lock);
    list_remove(&l->of_all);
    pthread_mutex_unlock(&all.lock);
}

static bool all_has(const struct loop *l)
{
    bool found = false;

    pthread_mutex_lock(&all.lock);
    LIST_EACH (it, save, &all.loops)
        found = found || LIST_ENTRY(it, struct loop, of_all) == l;
    pthread_mutex_unlock(&all.lock);
    return found;
}

bool loop_is_elsewhere(const struct loop *l)
{
    return l != NULL && l != loop_current() && !loop_is_there(l) && all_has(l);
}

static void check_thread(const struct loop *l)
{
    if (!pthread_equal(l->owner, pthread_self()))
        misuse("yon", "what belongs to a loop is used on another thread",
               coro_misuse_place());
}

/* ---- a turn ---- */

/* Give the ring another head: coroutines and calls that join now wait for the
 * next turn. */
static void take_batch(struct list *queue, struct list *batch)
{
    list_insert(queue, batch);
    list_remove(queue);
}

static void run_ready(struct loop *l)
{
    struct list batch;

    take_batch(&l->ready, &batch);
    while (!list_is_empty(&batch)) {
        struct coro *co = LIST_ENTRY(batch.next, struct coro, ready);

        list_remove(&co->ready);
        coro_resume(co);
    }
}

static void run_calls(struct loop *l)
{
    struct list batch;

    take_batch(&l->calls, &batch);
    while (!list_is_empty(&batch)) {
        struct loop_call *c = LIST_ENTRY(batch.next, struct loop_call, link);

        list_remove(&c->link);
        c->fn(c);
        loop_drop(l);
    }
}

static void loop_turn(uv_idle_t *handle)
{
    struct loop *l = handle->data;

    if (loop_is_inherited(l)) { /* a child goes on with the loop of its user */
        uv_idle_stop(&l->turn);
        return;
    }
    run_ready(l);
    run_calls(l);
    if (list_is_empty(&l->ready) && list_is_empty(&l->calls))
        uv_idle_stop(&l->turn);
}

/* Coroutines have run in this turn and may have made the end true: then the
 * poll that comes must not sleep. */
static void loop_poll_next(uv_prepare_t *handle)
{
    struct loop *l = handle->data;

    if (l->is_done != NULL && l->is_done(l->is_done_arg))
        uv_stop(l->uv);
}

void loop_add_ready(struct loop *l, struct coro *co)
{
    check_thread(l);
    list_insert(&l->ready, &co->ready);
    uv_idle_start(&l->turn, loop_turn); /* harmless when active */
}

void loop_call(struct loop *l, struct loop_call *c,
               void (*fn)(struct loop_call *c))
{
    check_thread(l);
    loop_hold(l);
    c->fn = fn;
    list_insert(&l->calls, &c->link);
    uv_idle_start(&l->turn, loop_turn);
    loop_stir(l);
}

void loop_call_clear(struct loop *l, struct loop_call *c)
{
    if (list_is_empty(&c->link))
        return;
    list_remove(&c->link);
    loop_drop(l);
}

void loop_set_look(struct loop *l, void (*look)(void *arg), void *arg)
{
    l->look = look;
    l->look_arg = arg;
}

/* ---- parts ---- */

void loop_part_add(struct loop *l, struct loop_part *p)
{
    list_insert(&l->parts, &p->link);
}

void loop_part_remove(struct loop_part *p)
{
    list_remove(&p->link);
}

struct loop_part *loop_part_find(const struct loop *l,
                                 void (*close)(struct loop_part *p))
{
    LIST_EACH (it, save, &l->parts) {
        struct loop_part *p = LIST_ENTRY(it, struct loop_part, link);

        if (p->close == close)
            return p;
    }
    return NULL;
}

void loop_stir(struct loop *l)
{
    if (loop_is_inherited(l))
        return;
    LIST_EACH (it, save, &l->parts) {
        struct loop_part *p = LIST_ENTRY(it, struct loop_part, link);

        if (p->stir != NULL)
            p->stir(p);
    }
}

/* ---- life ---- */

/* In the child: the loops of this thread are the parent's. */
static void loops_be_child(void)
{
    coro_be_child();
    pthread_mutex_init(&all.lock, NULL);
    list_init(&all.loops);
    if (loops.next != NULL)
        list_init(&loops);
}

static void loops_watch_forks(void)
{
    forks_watch(loops_be_child);
}

bool loop_is_inherited(const struct loop *l)
{
    return l->born != forks_n();
}

static void loop_init(struct loop *l, uv_loop_t *uv)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, loops_watch_forks);
    l->born = forks_n();
    l->uv = uv;
    l->owner = pthread_self();
    uv_idle_init(l->uv, &l->turn);
    l->turn.data = l;
    alarm_set_init(&l->alarms, l->uv);
    stack_pool_init(&l->stacks, STACK_SIZE_DEFAULT,
                    stack_guard_probe(STACK_GUARD_ADVICE));
    fiber_init_here(&l->home);
    l->eh = eh_here();
    l->signal_stack = crash_thread_begin(coro_crash_place);
    list_init(&l->parts);
    list_init(&l->ready);
    list_init(&l->calls);
    list_init(&l->coros);
    if (loops.next == NULL)
        list_init(&loops);
    list_insert(&loops, &l->of_thread);
    all_add(l);
}

/* The run, which this has woken, looks at the flag. */
static void interrupt_came(uv_async_t *async)
{
    (void)async;
}

static void interrupt_init(struct loop *l)
{
    int failed = uv_async_init(l->uv, &l->interrupt, interrupt_came);

    ASSERT(failed == 0); /* libuv has one of its own, and its descriptor */
    uv_unref((uv_handle_t *)&l->interrupt);
}

void loop_interrupt(struct loop *l)
{
    int saved_errno = errno; /* of what the signal has come upon */

    atomic_store(&l->is_interrupted, true);
    uv_async_send(&l->interrupt);
    errno = saved_errno;
}

void loop_set_interrupted(struct loop *l, void (*fn)(void *arg), void *arg)
{
    l->interrupted = fn;
    l->interrupted_arg = arg;
}

bool loop_has_interrupted(const struct loop *l)
{
    return l->interrupted != NULL;
}

enum err loop_open(struct loop **out)
{
    struct loop *l = xcalloc(1, sizeof *l);

    if (uv_loop_init(&l->own) != 0) {
        free(l);
        return ERR_LIMIT;
    }
    loop_init(l, &l->own);
    uv_prepare_init(l->uv, &l->poll_next);
    l->poll_next.data = l;
    uv_prepare_start(&l->poll_next, loop_poll_next);
    uv_unref((uv_handle_t *)&l->poll_next);
    interrupt_init(l);
    *out = l;
    return ERR_NONE;
}

struct loop *loop_new(void)
{
    struct loop *l = NULL;

    if (loop_open(&l) != ERR_NONE)
        UNREACHABLE("no event loop: is the limit of open files reached?");
    return l;
}

/* NULL: there is none. */
static struct loop *loop_find(const uv_loop_t *uv)
{
    if (loops.next == NULL)
        return NULL;
    LIST_EACH (it, save, &loops) {
        struct loop *l = LIST_ENTRY(it, struct loop, of_thread);

        if (l->uv == uv)
            return l;
    }
    return NULL;
}

bool loop_is_at(const uv_loop_t *uv)
{
    return loop_find(uv) != NULL;
}

bool loop_at_is_elsewhere(const uv_loop_t *uv)
{
    bool found = false;

    if (loop_is_at(uv))
        return false;
    pthread_mutex_lock(&all.lock);
    LIST_EACH (it, save, &all.loops)
        found = found || LIST_ENTRY(it, struct loop, of_all)->uv == uv;
    pthread_mutex_unlock(&all.lock);
    return found;
}

struct loop *loop_at(uv_loop_t *uv)
{
    struct loop *guest = loop_find(uv);

    if (guest != NULL)
        return guest;
    guest = xcalloc(1, sizeof *guest);
    loop_init(guest, uv);
    return guest;
}

bool loop_is_there(const struct loop *l)
{
    if (loops.next == NULL)
        return false;
    LIST_EACH (it, save, &loops)
        if (l == LIST_ENTRY(it, struct loop, of_thread))
            return true;
    return false;
}

void loop_hold(struct loop *l)
{
    l->n_held++;
}

/* Close what could still bring something from outside. */
static void close_parts(struct loop *l)
{
    list_remove(&l->of_thread);
    all_remove(l);
    while (!list_is_empty(&l->parts)) {
        struct loop_part *p = LIST_ENTRY(l->parts.prev, struct loop_part, link);

        list_remove(&p->link);
        p->close(p);
    }
}

static void loop_fini(struct loop *l)
{
    stack_pool_fini(&l->stacks);
    crash_thread_end(l->signal_stack);
    free(l);
}

static void guest_is_closed(uv_handle_t *timer)
{
    loop_fini(CONTAINER_OF(timer, struct loop, alarms.timer));
}

static void turn_is_closed(uv_handle_t *turn)
{
    struct loop *l = turn->data;

    alarm_set_fini(&l->alarms, guest_is_closed);
}

void loop_drop(struct loop *l)
{
    ASSERT(l->n_held > 0);
    if (--l->n_held > 0 || l->uv == &l->own || loop_is_inherited(l))
        return;
    ASSERT(list_is_empty(&l->coros) && list_is_empty(&l->calls));
    close_parts(l);
    uv_close((uv_handle_t *)&l->turn, turn_is_closed);
}

static void handle_check_closing(uv_handle_t *handle, void *arg)
{
    char what[128];

    (void)arg;
    if (uv_is_closing(handle))
        return;
    snprintf(what, sizeof what,
             "something is open at the end of the loop that should have been "
             "closed: a %s",
             uv_handle_type_name(handle->type));
    misuse("yon_run", what, coro_misuse_place());
}

void loop_free(struct loop *l)
{
    int closed;

    if (l == NULL || loop_is_inherited(l))
        return;
    check_thread(l);
    l->is_freed = true;
    if (l->is_running)
        return; /* its run comes back here */
    ASSERT(list_is_empty(&l->coros));
    close_parts(l);
    alarm_set_fini(&l->alarms, NULL);
    while (!list_is_empty(&l->calls))
        run_calls(l);
    uv_close((uv_handle_t *)&l->turn, NULL);
    uv_close((uv_handle_t *)&l->poll_next, NULL);
    uv_close((uv_handle_t *)&l->interrupt, NULL);
    uv_walk(l->uv, handle_check_closing, NULL);
    uv_run(l->uv, UV_RUN_DEFAULT);
    closed = uv_loop_close(l->uv);
    ASSERT(closed == 0);
    loop_fini(l);
}

void loop_set_stack(struct loop *l, size_t size)
{
    struct stack_guard guard = l->stacks.guard;

    ASSERT(l->stacks.n_made == 0);
    stack_pool_fini(&l->stacks);
    stack_pool_init(&l->stacks, size, guard);
}

uv_loop_t *loop_uv(struct loop *l)
{
    return l->uv;
}

/* ---- its coroutines ---- */

static bool has(const struct loop *l, bool abandoned)
{
    LIST_EACH (it, save, &l->coros)
        if (LIST_ENTRY(it, struct coro, all)->abandoned == abandoned)
            return true;
    return false;
}

bool loop_has_coros(const struct loop *l)
{
    return has(l, false);
}

bool loop_has_abandoned(const struct loop *l)
{
    return has(l, true);
}

void loop_cancel_all(struct loop *l)
{
    LIST_EACH (it, save, &l->coros)
        coro_cancel(LIST_ENTRY(it, struct coro, all));
}

void loop_name_coros(const struct loop *l, struct buf *out)
{
    LIST_EACH (it, save, &l->coros) {
        const struct coro *co = LIST_ENTRY(it, struct coro, all);

        if (co->abandoned)
            continue;
        if (out->len > 0)
            buf_addf(out, ", ");
        if (co->entry != 0)
            misuse_name(out, co->entry);
        else
            buf_addf(out, "'%s'", co->name);
    }
}

/* ---- running ---- */

bool loop_can_run(const struct loop *l)
{
    return l->uv == &l->own && !l->is_running && !l->is_freed &&
           !loop_is_inherited(l) && coro_current() == NULL &&
           pthread_equal(l->owner, pthread_self());
}

/* Nothing will come any more, and the end is not there. */
static _Noreturn void deadlock_end(const struct loop *l)
{
    const struct coro *co = list_is_empty(&l->coros)
                                ? NULL
                                : LIST_ENTRY(l->coros.next, struct coro, all);

    misuse("deadlock", "nothing is left that could end the wait",
           co == NULL ? (struct misuse_place){ 0 }
                      : (struct misuse_place){ co->name, co->entry });
}

/* Whether the run must end. */
static bool take_interrupt(struct loop *l)
{
    if (!atomic_exchange(&l->is_interrupted, false))
        return false;
    if (l->interrupted != NULL)
        l->interrupted(l->interrupted_arg);
    return l->interrupted == NULL;
}

enum err loop_run_await(struct loop *l, bool (*done)(void *arg), void *arg)
{
    enum err err = ERR_NONE;

    ASSERT(loop_can_run(l)); /* libuv loops do not nest */
    l->is_running = true;
    l->is_done = done;
    l->is_done_arg = arg;
    while (!done(arg)) {
        int n_alive;

        if (take_interrupt(l)) {
            err = ERR_INTERRUPTED;
            break;
        }
        n_alive = uv_run(l->uv, UV_RUN_ONCE);
        if (n_alive == 0 && !done(arg) && !atomic_load(&l->is_interrupted))
            deadlock_end(l);
    }
    l->is_done = NULL;
    l->is_running = false;
    loop_stir(l);
    return err;
}
