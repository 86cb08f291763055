/* SPDX-License-Identifier: MIT */
/* iowait - a coroutine that waits for a callback of libuv, and errors of the
 * system: the base of <yon/io.h>. */
#ifndef IOWAIT_H
#define IOWAIT_H

#include <stdbool.h>

#include "libcommon/err.h"
#include "libcommon/rt/co/loop.h"

struct iowait {
    struct coro *co;
    bool over;
    bool missed; /* the end came after the coroutine was stopped */
};

/* Whether I/O may start here. ERR_STATE: outside of coroutines; ERR_CANCELLED,
 * ERR_TIMEOUT. */
enum err io_begin(void);
/* The same for what suspends: see coro_refusal_await. */
enum err io_begin_await(void);
/* Suspend until iowait_end(w). ERR_CANCELLED, ERR_TIMEOUT: that came first. w
 * is zeroed before. */
enum err iowait_await(struct iowait *w);
/* Whether the coroutine still waits for it. NULL: no. */
bool iowait_is_open(const struct iowait *w);
/* Harmless when it is not open. */
void iowait_end(struct iowait *w);

/* Note the text for yon_io_error: "what: why". Returns the code for an error of
 * libuv or a negative errno. */
enum err io_fail(int error, const char *what, ...)
    __attribute__((format(printf, 2, 3)));
/* Note a text. Returns err. */
enum err io_note(enum err err, const char *text);

/* Whether a handle on that loop may be closed here. In a child of fork(2) it is
 * the parent's: closing it would take it from the parent's loop. */
bool io_is_ours(const uv_loop_t *uv);
/* The same for a call that may wait: ERR_STATE where it is another loop's. */
enum err io_begin_on_await(const uv_loop_t *uv);

#endif
