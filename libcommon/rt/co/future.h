/* SPDX-License-Identifier: MIT */
/* future - something that will be over later, and its waiters.
 *
 * A kind of future (timer, coroutine, request, job) embeds struct yon_future as
 * its first member. Waiting is the same for all: yon_await, yon_await_for,
 * yon_all, yon_all_ok, yon_cancel, yon_is_done, yon_error and yon_free of
 * <yon/yon.h> and <yon/co.h> are implemented here, yon_any and yon_each in
 * any.c. Inside a coroutine they suspend it; outside they run the loop of the
 * future until it is over. Loop thread only.
 */
#ifndef FUTURE_H
#define FUTURE_H

#include <stdbool.h>

#include <yon/yon.h>

#include "libcommon/buf.h"
#include "libcommon/err.h"
#include "libcommon/list.h"
#include "libcommon/rt/co/loop.h"

struct future_kind {
    const char *name;
    /* Append what it is, for people; an error that nobody reads is told then.
     * NULL: it is not told. */
    void (*describe)(const yon_future *f, struct buf *out);
    /* Append what names it where its error is passed on, if anything does;
     * NULL: nothing. */
    void (*origin)(const yon_future *f, struct buf *out);
    /* The msgpack bytes of its result, when it has ended well; NULL: it has
     * none but nil. */
    struct view (*value)(const yon_future *f);
    /* The user asked for its end; it may call future_end, now or later. NULL:
     * it cannot be cancelled. */
    void (*cancel)(yon_future *f);
    /* The last user let go while it was still pending: stop caring, and drop
     * what keeps it alive as soon as possible. NULL: nothing to do. */
    void (*abandon)(yon_future *f);
    /* No user and no owner is left: free it. */
    void (*destroy)(yon_future *f);
};

struct yon_future {
    const struct future_kind *kind;
    struct loop *loop;
    struct coro *co; /* it ends with this coroutine; NULL: with none, or that
                      * has ended */
    int n_refs;      /* the user's one, and one per owner inside */
    bool released;   /* the user has let go */
    bool done;
    bool is_lent;       /* it belongs to another, which the user frees */
    bool is_read;       /* the user knows how it ended */
    enum err err;       /* when done */
    unsigned n_waiters; /* but for looks */
    char *text;         /* for people; NULL: none */
    char *misfit; /* why the latest read of the result failed; NULL: it did not
                   */
    /* What a reader of the result keeps with the future; freed with it. */
    void *attached;
    void (*attached_free)(void *attached);
    struct list waiters; /* struct future_watch, looks too */
};

/* A call at the end of a future. The memory stays the owner's. */
struct future_watch {
    struct list link; /* in f->waiters */
    yon_future *f;
    void (*fn)(struct future_watch *w);   /* once; must not suspend */
    void (*gone)(struct future_watch *w); /* NULL: no look */
};
/* Call w->fn at the end of f, which is pending. Keeps the future alive. */
void future_watch(yon_future *f, struct future_watch *w,
                  void (*fn)(struct future_watch *w));
/* After that call, or instead of it; once for each watch. */
void future_unwatch(struct future_watch *w);

/* Look at f: like a watch, but it keeps nothing alive, and goes on after the
 * end. w->fn is called at the end of f, w->gone when f is let go or freed; the
 * look is off its list then. Until then list_remove(&w->link) ends it. */
void future_look(yon_future *f, struct future_watch *w,
                 void (*fn)(struct future_watch *w),
                 void (*gone)(struct future_watch *w));

/* Pending, with one user. `loop`: NULL when it will end before anyone can wait.
 */
void future_init(yon_future *f, const struct future_kind *kind,
                 struct loop *loop);
void future_ref(yon_future *f);
void future_unref(yon_future *f); /* may free */
/* Complete f: wakes all waiters, which run later, not within this call. text is
 * copied; NULL is fine. Not twice. */
void future_end(yon_future *f, enum err err, const char *text);
/* The same with what a function of the user returned, and the text for it. An
 * invalid code is a mistake that must not pass for success: ERR_FAILED. */
void future_end_by(yon_future *f, int code, const char *text);
/* End f with ERR_STATE: it was made outside of a coroutine, which is not
 * allowed. */
void future_end_outside(yon_future *f);
/* The user has been told how it ended. `f` is const where it is for the user.
 */
void future_note_read(const yon_future *f);
/* The user is given the error that f ended with as the code of a call: who
 * returns this code passes text and origin on. */
void future_note_error(const yon_future *f);
/* Wait until one of n futures, not all of them NULL, has ended. ERR_CANCELLED,
 * ERR_TIMEOUT, ERR_STATE: as yon_any. */
enum err future_await_one(yon_future *const *fs, size_t n);
/* Whether it was made before a fork, by the parent of this process: its end
 * will not be seen here. */
bool future_is_inherited(const yon_future *f);
/* Whether f is the running coroutine, which would wait for itself for ever. */
bool future_is_running(const yon_future *f);
/* Whether a function of the user may return this code: 0 or negative. */
bool code_is_valid(int code);
/* Normalise a failure code of the user: anything invalid becomes YON_EFAILED.
 */
int code_of_failure(int code);

#endif
