/* SPDX-License-Identifier: MIT */
/* coro - coroutines: their start, waiting, cancellation and end. */
#include "libcommon/rt/co/coro.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

static _Thread_local struct coro *running;
/* Of the work whose coroutine has just ended; NULL: none, or it has no label.
 */
static _Thread_local const char *label_here;
/* Of this thread, which is another than the loop's. */
static _Thread_local const struct coro_work *work_here;

/* Let the loop go on; it comes back when co is at the head of its queue. */
static void coro_leave_await(struct coro *co)
{
    int saved_errno = errno; /* the calls of others must not show here */
    struct eh exceptions;

    ASSERT(co == running);
    exceptions = eh_take(co->loop->eh);
    fiber_switch(&co->fiber, &co->loop->home);
    eh_put(co->loop->eh, exceptions);
    errno = saved_errno;
}

/* Leave until coro_wake. */
static void coro_pause_await(struct coro *co)
{
    co->waiting = true;
    coro_leave_await(co);
}

static void children_cancel(struct coro *co)
{
    LIST_EACH (it, save, &co->children) {
        struct coro *child = LIST_ENTRY(it, struct coro, sibling);

        if (coro_is_cancelled(co) || child->leashed)
            coro_cancel(child);
    }
}

/* A coroutine that was cancelled and is done itself takes its children along;
 * before, it may still care for them. */
static void children_await(struct coro *co)
{
    while (!list_is_empty(&co->children)) {
        children_cancel(co);
        coro_pause_await(co);
    }
}

void coro_be_child(void)
{
    running = NULL;
    work_here = NULL;
}

/* In a child of fork the coroutines are the parent's, and this one is the only
 * stack there is: nothing can go on after it. */
static void coro_check_inherited(const struct coro *co)
{
    if (!loop_is_inherited(co->loop))
        return;
    fprintf(stderr,
            "yon: misuse: coroutine '%s' has forked, and its function returns "
            "in the child, too: end the child with _exit() or exec()\n",
            co->name);
    _exit(EXIT_FAILURE);
}

/* The whole life on the own stack. */
static void coro_main(void *arg)
{
    struct coro *co = arg;

    co->result = co->fn(co->arg);
    coro_check_inherited(co);
    if (co->scopes_leave_await != NULL)
        co->scopes_leave_await(co);
    stop_list_fini(&co->stops);
    co->over = true;
    children_await(co);
    fiber_leave(&co->fiber, &co->loop->home);
}

/* What works for it goes on without it. */
static void works_disown(struct coro *co)
{
    LIST_EACH (it, save, &co->works) {
        atomic_store(&LIST_ENTRY(it, struct coro_work, link)->root, NULL);
        list_remove(it);
    }
}

static void coro_free(struct coro *co)
{
    struct coro *parent = co->parent;

    if (co->stack != NULL) {
        fiber_fini(&co->fiber);
        stack_give(&co->loop->stacks, co->stack);
    }
    list_remove(&co->ready);
    list_remove(&co->all);
    list_remove(&co->sibling);
    stop_list_fini(&co->stops);
    works_disown(co);
    free(co->io_error);
    whys_fini(&co->whys);
    if (parent != NULL)
        parent->n_runs += co->n_runs;
    if (parent != NULL && parent->over && list_is_empty(&parent->children))
        coro_wake(parent);
    loop_drop(co->loop);
    free(co);
}

static void coro_is_struck(struct stop_list *l)
{
    coro_wake(CONTAINER_OF(l, struct coro, stops));
}

struct coro *coro_new(struct loop *l, const char *name, int (*fn)(void *arg),
                      void (*ended)(void *arg, int err), void *arg)
{
    struct coro *co = xcalloc(1, sizeof *co);

    co->loop = l;
    co->name = name;
    co->fn = fn;
    co->ended = ended;
    co->arg = arg;
    list_init(&co->children);
    list_init(&co->sibling);
    list_init(&co->works);
    stop_list_init(&co->stops, &l->alarms, coro_is_struck);
    list_insert(&l->coros, &co->all);
    loop_hold(l);
    if (running != NULL && running->loop == l) {
        co->parent = running;
        list_insert(&running->children, &co->sibling);
        stop_alarm_inherit(&co->stops, &running->stops);
    }
    loop_add_ready(l, co);
    return co;
}

static enum err coro_take_stack(struct coro *co)
{
    struct stack_pool *stacks = &co->loop->stacks;
    enum err err = stack_take(stacks, &co->stack);

    if (err == ERR_NONE)
        fiber_init(&co->fiber, co->stack, stacks->size, coro_main, co);
    return err;
}

enum err loop_spawn(struct loop *l, const char *name, int (*fn)(void *arg),
                    void (*ended)(void *arg, int err), void *arg,
                    struct coro **out)
{
    struct coro *co = coro_new(l, name, fn, ended, arg);
    enum err err = coro_take_stack(co);

    if (err != ERR_NONE) {
        coro_free(co);
        return err;
    }
    *out = co;
    return ERR_NONE;
}

/* For the stall monitor; only this thread writes. */
static void count_switch(struct loop *l)
{
    uint64_t n = atomic_load_explicit(&l->n_switches, memory_order_relaxed);

    atomic_store_explicit(&l->n_switches, n + 1, memory_order_relaxed);
}

static void coro_run(struct coro *co)
{
    struct coro *outer = running; /* of another loop, which runs this one */
    struct loop *loop = co->loop;
    struct eh exceptions = eh_take(loop->eh);

    running = co;
    co->was_refused = false;
    co->n_runs++;
    atomic_store_explicit(&loop->runs, co, memory_order_relaxed);
    count_switch(loop);
    fiber_switch(&loop->home, &co->fiber);
    eh_put(loop->eh, exceptions);
    count_switch(loop);
    running = outer;
}

void coro_resume(struct coro *co)
{
    void (*ended)(void *arg, int err) = co->ended;
    void *arg = co->arg;
    enum err err = co->stack == NULL ? coro_take_stack(co) : ERR_NONE;
    int result = -(int)err;
    const char *label;

    if (err == ERR_NONE) {
        coro_run(co);
        if (!co->over || co->waiting)
            return;
        result = co->result;
    }
    label = co->parent == NULL ? NULL : coro_root(co)->label;
    coro_free(co);
    label_here = label;
    if (ended != NULL)
        ended(arg, result);
    label_here = NULL;
}

struct coro *coro_current(void)
{
    return running;
}

uint64_t coro_n_runs(const struct coro *co)
{
    uint64_t n = co->n_runs;

    LIST_EACH (it, save, &co->children)
        n += coro_n_runs(LIST_ENTRY(it, struct coro, sibling));
    return n;
}

const struct coro *coro_root(const struct coro *co)
{
    while (co->parent != NULL)
        co = co->parent;
    return co;
}

void coro_label(struct coro *co, const char *label)
{
    co->label = label;
}

const char *coro_label_here(void)
{
    return running != NULL ? coro_root(running)->label : label_here;
}

struct loop *loop_current(void)
{
    return running != NULL ? running->loop : NULL;
}

void coro_detach(struct coro *co)
{
    struct coro *parent = co->parent;

    list_remove(&co->sibling);
    co->parent = NULL;
    if (parent != NULL && parent->over && list_is_empty(&parent->children))
        coro_wake(parent);
}

void coro_adopt(struct coro *parent, struct coro *co)
{
    coro_detach(co);
    co->parent = parent;
    list_insert(&parent->children, &co->sibling);
}

static void abandon_all(struct coro *co)
{
    LIST_EACH (it, save, &co->children)
        abandon_all(LIST_ENTRY(it, struct coro, sibling));
    co->abandoned = true;
    co->waiting = false;
    co->ended = NULL;
    list_remove(&co->ready);
}

bool coro_abandon(struct coro *co)
{
    ASSERT(co->parent == NULL);
    if (!list_is_empty(&co->works))
        return false;
    abandon_all(co);
    return true;
}

enum err coro_stop(const struct coro *co)
{
    return stop_list_err(&co->stops);
}

enum err coro_stop_here(void)
{
    return running == NULL ? ERR_NONE : coro_stop(running);
}

/* The others have a turn, and then it goes on. */
static void coro_give_way_await(struct coro *co)
{
    if (!co->abandoned)
        loop_add_ready(co->loop, co);
    coro_leave_await(co);
}

enum err coro_refusal_await(void)
{
    struct coro *co = running;
    enum err err = coro_stop_here();

    if (err == ERR_NONE)
        return ERR_NONE;
    if (co->was_refused)
        coro_give_way_await(co);
    co->was_refused = true;
    return err;
}

enum err coro_await(void)
{
    struct coro *co = running;
    enum err err;

    ASSERT(co != NULL);
    err = coro_refusal_await();
    if (err != ERR_NONE)
        return err;
    coro_pause_await(co);
    return coro_stop(co);
}

enum err coro_yield_await(void)
{
    struct coro *co = running;
    enum err err;

    ASSERT(co != NULL);
    err = coro_refusal_await();
    if (err != ERR_NONE)
        return err;
    coro_give_way_await(co);
    return coro_stop(co);
}

void coro_wake(struct coro *co)
{
    if (!co->waiting || co->abandoned)
        return;
    co->waiting = false;
    loop_add_ready(co->loop, co);
}

void coro_cancel(struct coro *co)
{
    if (coro_is_cancelled(co))
        return;
    co->stops.own.err = ERR_CANCELLED;
    coro_wake(co);
}

bool coro_is_cancelled(const struct coro *co)
{
    return co->stops.own.err != ERR_NONE;
}

/* ---- other threads, and crashes ---- */

void coro_work_begin(struct coro_work *w)
{
    struct coro *co = running;

    ASSERT(co != NULL);
    while (co->parent != NULL)
        co = co->parent;
    coro_work_of(w, co);
}

void coro_work_of(struct coro_work *w, struct coro *co)
{
    atomic_init(&w->root, co);
    list_insert(&co->works, &w->link);
}

void coro_work_end(struct coro_work *w)
{
    list_remove(&w->link);
}

void coro_work_here(const struct coro_work *w)
{
    work_here = w;
}

struct crash_place coro_crash_place(void)
{
    const struct coro *co = running;
    struct crash_place place = { 0 };

    if (co == NULL) {
        if (work_here != NULL)
            place.root = atomic_load(&work_here->root);
        place.in_thread = place.root != NULL;
        return place;
    }
    place.root = coro_root(co);
    place.name = co->name;
    place.entry = co->entry;
    place.stack = co->stack;
    place.stack_size = co->loop->stacks.size;
    place.guard_size = co->loop->stacks.guard_size;
    return place;
}
