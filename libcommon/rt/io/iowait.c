/* SPDX-License-Identifier: MIT */
/* iowait - waiting for a callback of libuv, and what its errors mean. */
#include "libcommon/rt/io/iowait.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <yon/io.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/os/forks.h"

/* What people can act upon has a code of its own; the rest is ERR_SYSTEM. */
static const struct {
    int error;
    enum err err;
} meanings[] = {
    { UV_ENOENT, ERR_ABSENT },
    { UV_ENOTDIR, ERR_ABSENT },
    { UV_EAI_NONAME, ERR_ABSENT },
    { UV_EAI_NODATA, ERR_ABSENT },
    { UV_EAI_SERVICE, ERR_ABSENT },
    { UV_ESRCH, ERR_ABSENT },
    { UV_EEXIST, ERR_EXISTS },
    { UV_EADDRINUSE, ERR_EXISTS },
    { UV_ECONNREFUSED, ERR_REFUSED },
    { UV_EACCES, ERR_REFUSED },
    { UV_EPERM, ERR_REFUSED },
    { UV_EHOSTUNREACH, ERR_UNREACHABLE },
    { UV_ENETUNREACH, ERR_UNREACHABLE },
    { UV_ENETDOWN, ERR_UNREACHABLE },
    { UV_ETIMEDOUT, ERR_UNREACHABLE },
    { UV_EAI_AGAIN, ERR_UNREACHABLE },
    { UV_EAI_FAIL, ERR_UNREACHABLE },
    { UV_EPIPE, ERR_CLOSED },
    { UV_ECONNRESET, ERR_CLOSED },
    { UV_ENOSPC, ERR_FULL },
    { UV_EMFILE, ERR_LIMIT },
    { UV_ENFILE, ERR_LIMIT },
    { UV_ENOMEM, ERR_MEMORY },
    { UV_EAGAIN, ERR_BUSY },
};

static enum err meaning(int error)
{
    for (size_t i = 0; i < ARRAY_LEN(meanings); i++)
        if (meanings[i].error == error)
            return meanings[i].err;
    return ERR_SYSTEM;
}

enum err io_note(enum err err, const char *text)
{
    struct coro *co = coro_current();

    ASSERT(co != NULL);
    free(co->io_error);
    co->io_error = xstrdup(text);
    return err;
}

enum err io_fail(int error, const char *what, ...)
{
    char text[ERRMSG_LEN], why[ERRMSG_LEN];
    va_list args;

    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    uv_strerror_r(error, why, sizeof why);
    err_wrap(why, meaning(error), "%s", text);
    return io_note(meaning(error), why);
}

const char *yon_io_error(void)
{
    struct coro *co = coro_current();

    return co == NULL || co->io_error == NULL ? "" : co->io_error;
}

enum err io_begin(void)
{
    struct coro *co = coro_current();

    return co == NULL ? ERR_STATE : coro_stop(co);
}

enum err io_begin_await(void)
{
    return coro_current() == NULL ? ERR_STATE : coro_refusal_await();
}

enum err io_begin_on_await(const uv_loop_t *uv)
{
    enum err err = io_begin_await();

    if (err == ERR_NONE && loop_uv(loop_current()) != uv)
        err = ERR_STATE;
    return err;
}

bool io_is_ours(const uv_loop_t *uv)
{
    return forks_n() == 0 || loop_is_at(uv);
}

enum err iowait_await(struct iowait *w)
{
    enum err err = ERR_NONE;

    w->co = coro_current();
    while (err == ERR_NONE && !w->over)
        err = coro_await();
    return w->over ? ERR_NONE : err;
}

bool iowait_is_open(const struct iowait *w)
{
    return w != NULL && !w->over && coro_stop(w->co) == ERR_NONE;
}

void iowait_end(struct iowait *w)
{
    if (iowait_is_open(w)) {
        w->over = true;
        coro_wake(w->co);
    } else if (w != NULL && !w->over) {
        w->missed = true;
    }
}
