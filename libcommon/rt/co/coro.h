/* SPDX-License-Identifier: MIT */
/* coro - the inside of coroutines and of the loop they run on; for rt only.
 *
 * A coroutine is ready (in the queue of its loop), running, waiting (until
 * coro_wake), or over. When its function has returned it waits for the
 * coroutines it has started, its children; only then is it over.
 */
#ifndef CORO_H
#define CORO_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "libcommon/buf.h"
#include "libcommon/list.h"
#include "libcommon/rt/co/alarm.h"
#include "libcommon/rt/co/crash.h"
#include "libcommon/rt/co/eh.h"
#include "libcommon/rt/co/fiber.h"
#include "libcommon/rt/co/loop.h"
#include "libcommon/rt/co/misuse.h"
#include "libcommon/rt/co/stack.h"
#include "libcommon/rt/co/stop.h"
#include "libcommon/rt/co/whys.h"

struct loop {
    uv_loop_t *uv;
    uv_loop_t own;         /* `uv`, unless it is the user's */
    struct list of_thread; /* in the list of all loops of its thread */
    struct list of_all;    /* ... and of the process */
    unsigned n_held;
    bool is_running; /* by us; never set for a loop of the user */
    bool is_freed;   /* as soon as it does not run */
    pthread_t owner;
    unsigned born;          /* forks_n at that time */
    uv_idle_t turn;         /* active while someone is ready */
    uv_prepare_t poll_next; /* active always, keeps nothing alive */
    struct alarm_set alarms;
    struct stack_pool stacks;
    _Atomic uint64_t n_switches; /* odd while a coroutine runs, ... */
    struct coro *_Atomic runs;   /* ... this one: for the stall monitor */
    struct fiber home;           /* the stack of the thread */
    struct eh *eh;               /* of the thread; NULL: there is no C++ */
    void *signal_stack;          /* of crash_thread_begin */
    struct list parts;           /* struct loop_part, the oldest first */
    struct list ready;           /* coroutines, in the order of their turn */
    struct list calls;           /* struct loop_call, likewise */
    struct list coros;           /* all of them */
    bool (*is_done)(void *arg);  /* of loop_run_await, while it runs */
    void *is_done_arg;
    void (*look)(void *arg); /* of loop_set_look */
    void *look_arg;
    uv_async_t interrupt; /* of loop_interrupt; keeps nothing alive */
    atomic_bool is_interrupted;
    void (*interrupted)(void *arg); /* of loop_set_interrupted; or NULL */
    void *interrupted_arg;
};

struct coro {
    struct loop *loop;
    const char *name;  /* for people; borrowed */
    uintptr_t entry;   /* function of the user, when it has no name; or 0 */
    const char *label; /* of coro_label; borrowed. NULL: none */
    int (*fn)(void *arg);
    void (*ended)(void *arg, int err);
    void *arg;
    int result;                /* what fn returned */
    struct buf *value;         /* for yon_value; borrowed; NULL: not wanted */
    struct yon_future *future; /* that ends with it; borrowed. NULL: none */
    char *io_error;            /* for yon_io_error; NULL: none */
    struct whys whys;          /* texts of errors */
    bool waiting;
    bool over;
    bool abandoned;   /* it never runs again */
    bool leashed;     /* cancelled when its parent is done, not waited for: a
                         generator */
    uint64_t n_runs;  /* turns it had, and its children that are freed */
    bool was_refused; /* an await, in this turn */
    struct stop_list stops;
    struct scope *scopes; /* innermost first; see scope.c */
    /* Leaves them all when fn has returned; may suspend. NULL: none was
     * entered. */
    void (*scopes_leave_await)(struct coro *co);
    struct list works;    /* struct coro_work, of which it is the root */
    struct coro *parent;  /* waits for this one; NULL: none */
    struct list children; /* by sibling */
    struct list sibling;
    struct list ready; /* in loop->ready */
    struct list all;   /* in loop->coros */
    uint8_t *stack;    /* NULL: fn has not begun */
    struct fiber fiber;
};

/* Like loop_spawn, but the stack is taken when fn begins to run: of many
 * coroutines that never wait, each uses the stack of the one before. Without a
 * stack it ends with YON_ELIMIT. */
struct coro *coro_new(struct loop *l, const char *name, int (*fn)(void *arg),
                      void (*ended)(void *arg, int err), void *arg);
/* Put co at the end of the queue. */
void loop_add_ready(struct loop *l, struct coro *co);
/* The first of its parents. */
const struct coro *coro_root(const struct coro *co);
/* In a child of fork(2): none runs, and its function must not return. */
void coro_be_child(void);
/* The label of the work that runs here, also while a coroutine of it ends;
 * NULL: none. */
const char *coro_label_here(void);
/* From the loop: let co run until it waits. When it is over, free it and call
 * `ended`. */
void coro_resume(struct coro *co);
/* Take co from its parent; it has none then. */
void coro_detach(struct coro *co);
/* Make co a child of `parent`. */
void coro_adopt(struct coro *parent, struct coro *co);
/* The error that every await of co ends with now; ERR_NONE: they do not. */
enum err coro_stop(const struct coro *co);
/* The same for the running coroutine; ERR_NONE outside of coroutines. */
enum err coro_stop_here(void);
/* The same, at the beginning of an await, which ends at once when there is an
 * error. From the second time in a turn on, the others have a turn first: a
 * coroutine that goes on awaiting in spite of its cancel must not keep the
 * loop.
 */
enum err coro_refusal_await(void);
/* Let the others run for a turn. ERR_CANCELLED, ERR_TIMEOUT. */
enum err coro_yield_await(void);

/* For misuse. */
static inline struct misuse_place coro_misuse_place(void)
{
    const struct coro *co = coro_current();

    return co == NULL ? (struct misuse_place){ 0 }
                      : (struct misuse_place){ co->name, co->entry };
}
/* In a public function, which is named. */
#define MISUSE_IF(condition, what)                       \
    do {                                                 \
        if (__builtin_expect(condition, 0))              \
            misuse(__func__, what, coro_misuse_place()); \
    } while (0)
/* `what`: "the future". */
#define MISUSE_IF_ELSEWHERE(loop, what) \
    MISUSE_IF(loop_is_elsewhere(loop), what " belongs to another thread")

/* Work of another thread on behalf of a coroutine, which is blamed for a crash
 * there. */
struct coro_work {
    struct list link;                  /* in root->works */
    _Atomic(const struct coro *) root; /* NULL: it is over */
};
/* On behalf of the running coroutine; its root is to blame. On the loop's
 * thread. */
void coro_work_begin(struct coro_work *w);
void coro_work_end(struct coro_work *w);
/* Remember that coroutine until it is over: then w->root is NULL. On the loop's
 * thread; coro_work_end forgets it. */
void coro_work_of(struct coro_work *w, struct coro *co);
/* On the thread that does the work: before it, and with NULL after it. */
void coro_work_here(const struct coro_work *w);
/* Where this thread is. Async-signal-safe. */
struct crash_place coro_crash_place(void);

#endif
