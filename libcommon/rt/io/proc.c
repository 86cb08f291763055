/* SPDX-License-Identifier: MIT */
/* proc - processes that coroutines start and wait for: <yon/io.h>.
 *
 *      running --its end, seen by pidfd--> over --free--> gone
 *
 * Freeing one waits for its end, so neither a process nor a waiter is ever left
 * behind.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/future.h"
#include "libcommon/rt/co/waitq.h"
#include "libcommon/rt/io/stream.h"
#include "libcommon/rt/os/forks.h"
#include "libcommon/rt/os/spawn.h"
#include "libcommon/sized.h"

/* In exit codes: 128 + n for signal n, as shells do. */
#define CODE_SIGNAL 128

_Static_assert(sizeof(struct yon_process_options) ==
                   offsetof(struct yon_process_options, spare) + sizeof(int),
               "ends with its last field");

struct yon_process {
    struct loop *loop; /* held */
    struct opened opened;
    unsigned n_refs; /* of the user, the handle, and the coroutines that wait */
    pid_t pid;
    int pidfd;
    uv_poll_t poll;
    yon_stream *streams[3];
    bool is_over;
    enum err err; /* ERR_LOST: how it ended is not known */
    int code, signal;
    struct waitq waiters;
    struct list futures; /* pending: one reference each */
};

struct process_future {
    yon_future base;
    struct list link; /* in process->futures */
    yon_process *process;
    bool is_cancelled;
    struct buf value;
};

/* ---- futures ---- */

static struct process_future *process_future_of(yon_future *f)
{
    return CONTAINER_OF(f, struct process_future, base);
}

static struct view process_future_value(const yon_future *f)
{
    return buf_view(&CONTAINER_OF(f, const struct process_future, base)->value);
}

static void process_future_cancel(yon_future *f)
{
    process_future_of(f)->is_cancelled = true;
    yon_process_kill(process_future_of(f)->process, SIGKILL);
}

static void process_future_abandon(yon_future *f)
{
    list_remove(&process_future_of(f)->link);
    future_unref(f);
}

static void process_future_destroy(yon_future *f)
{
    buf_fini(&process_future_of(f)->value);
    free(process_future_of(f));
}

static const struct future_kind process_kind = {
    .name = "process",
    .value = process_future_value,
    .cancel = process_future_cancel,
    .abandon = process_future_abandon,
    .destroy = process_future_destroy,
};

/* A msgpack integer of at most 8 bits. */
static void add_code(struct buf *b, uint8_t code)
{
    if (code > INT8_MAX)
        buf_add(b, "\xcc", 1);
    buf_add(b, &code, 1);
}

static void process_future_end(struct process_future *f)
{
    const yon_process *p = f->process;
    int code = p->signal != 0 ? CODE_SIGNAL + p->signal : p->code;
    enum err err = p->err;

    if (f->is_cancelled && p->signal == SIGKILL)
        err = ERR_CANCELLED;
    add_code(&f->value, (uint8_t)code);
    list_remove(&f->link);
    f->process = NULL;
    future_end(&f->base, err, NULL);
    future_unref(&f->base);
}

yon_future *yon_process_future(yon_process *p)
{
    struct process_future *f = xcalloc(1, sizeof *f);

    if (loop_is_elsewhere(p->loop)) {
        future_init(&f->base, &process_kind, NULL);
        future_end(&f->base, ERR_STATE,
                   "the process belongs to another thread");
        return &f->base;
    }
    future_init(&f->base, &process_kind, p->loop);
    future_ref(&f->base);
    f->process = p;
    list_insert(&p->futures, &f->link);
    if (p->is_over)
        process_future_end(f);
    return &f->base;
}

/* ---- its end ---- */

static void process_unref(yon_process *p)
{
    ASSERT(p->n_refs > 0);
    if (--p->n_refs > 0)
        return;
    loop_drop(p->loop);
    free(p);
}

static void handle_closed(uv_handle_t *handle)
{
    process_unref(handle->data);
}

static void process_end(yon_process *p)
{
    struct waiter *w;

    p->is_over = true;
    uv_close((uv_handle_t *)&p->poll, handle_closed);
    close(p->pidfd);
    while ((w = waitq_first(&p->waiters)) != NULL)
        waitq_grant(w, ERR_NONE);
    LIST_EACH (it, save, &p->futures)
        process_future_end(LIST_ENTRY(it, struct process_future, link));
}

static void pidfd_told(uv_poll_t *poll, int status, int events)
{
    yon_process *p = poll->data;
    siginfo_t info = { 0 };

    (void)status;
    (void)events;
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG) != 0)
        p->err = ERR_LOST;
    else if (info.si_pid != p->pid)
        return; /* not yet */
    else if (info.si_code == CLD_EXITED)
        p->code = info.si_status;
    else
        p->signal = info.si_status;
    process_end(p);
}

/* ---- its start ---- */

/* A process that cannot be watched is ended at once. */
static enum err watch(yon_process *p)
{
    int error = 0;
    siginfo_t info;

    p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
    if (p->pidfd < 0)
        error = -errno;
    else
        error = uv_poll_init(loop_uv(p->loop), &p->poll, p->pidfd);
    if (error != 0) {
        kill(p->pid, SIGKILL);
        waitid(P_PID, (id_t)p->pid, &info, WEXITED);
        if (p->pidfd >= 0)
            close(p->pidfd);
        return io_fail(error, "cannot watch a process");
    }
    p->poll.data = p;
    uv_poll_start(&p->poll, UV_READABLE, pidfd_told);
    return ERR_NONE;
}

/* It is closed with the process, not by itself. */
static enum err own_pipe(yon_process *p, int i, int fd)
{
    enum err err = stream_new_fifo(fd, &p->streams[i]);

    if (err == ERR_NONE)
        opened_forget(&p->streams[i]->opened);
    return err;
}

/* A pipe for its descriptor i: our end a stream, the other in fds[i]. */
static enum err add_pipe(yon_process *p, int i, int fds[3])
{
    int both[2];
    int error = spawn_pipe(both);
    int ours = i == 0 ? 1 : 0;

    fds[i] = both[1 - ours];
    if (error == 0)
        return own_pipe(p, i, both[ours]);
    if (both[ours] >= 0)
        close(both[ours]);
    return io_fail(-error, "cannot make a pipe");
}

static void close_streams(yon_process *p)
{
    for (size_t i = 0; i < ARRAY_LEN(p->streams); i++) {
        if (p->streams[i] != NULL)
            p->streams[i]->is_lent = false;
        yon_stream_close(p->streams[i]);
        p->streams[i] = NULL;
    }
}

static enum err start(yon_process *p, const struct yon_process_options *o,
                      struct spawn *what)
{
    const int piped[] = { o->pipe_in, o->pipe_out, o->pipe_err };
    char errmsg[ERRMSG_LEN];
    enum err err = ERR_NONE;

    for (int i = 0; i < 3 && err == ERR_NONE; i++)
        if (piped[i] != 0)
            err = add_pipe(p, i, what->fds);
    if (err != ERR_NONE)
        return err;
    err = spawn_plain(what, &p->pid, errmsg);
    if (err == ERR_BUSY)
        err = ERR_SYSTEM; /* as documented */
    return err != ERR_NONE ? io_note(err, errmsg) : watch(p);
}

/* Its end is waited for, so that nothing of it is left: SIGKILL takes no time.
 */
static void left_open(struct opened *o)
{
    yon_process *p = CONTAINER_OF(o, yon_process, opened);
    siginfo_t info = { 0 };

    opened_forget(o);
    for (size_t i = 0; i < ARRAY_LEN(p->streams); i++)
        if (p->streams[i] != NULL)
            stream_end(p->streams[i]);
    yon_process_kill(p, SIGKILL);
    if (!p->is_over && waitid(P_PID, (id_t)p->pid, &info, WEXITED) != 0)
        p->err = ERR_LOST;
    p->signal = SIGKILL;
    if (!p->is_over)
        process_end(p);
    process_unref(p);
}

static yon_process *process_new(void)
{
    yon_process *p = xcalloc(1, sizeof *p);

    p->loop = loop_current();
    loop_hold(p->loop);
    p->n_refs = 2; /* the user's and the handle's */
    p->pidfd = -1;
    waitq_init(&p->waiters);
    list_init(&p->futures);
    return p;
}

static enum err check_options(const struct yon_process_options *o)
{
    switch (sized_check(o, sizeof *o)) {
    case ERR_NONE:
        return ERR_NONE;
    case ERR_STATE:
        return io_note(ERR_STATE, "the options are without their size: make "
                                  "them with YON_PROCESS");
    default:
        return io_note(ERR_VERSION, "YON_PROCESS sets a field that this libyon "
                                    "does not know: it is older than the "
                                    "program");
    }
}

int yon_process_start(const struct yon_process_options *theirs,
                      yon_process **out)
{
    struct spawn what = { .fds = { -1, -1, -1 } };
    struct yon_process_options o;
    yon_process *p;
    enum err err = io_begin();

    if (err == ERR_NONE)
        err = check_options(theirs);
    if (err != ERR_NONE)
        return -(int)err;
    sized_take(&o, sizeof o, theirs);
    what.argv = o.argv;
    what.envp = o.env != NULL ? o.env : (const char *const *)environ;
    what.cwd = o.cwd;
    p = process_new();
    err = start(p, &o, &what);
    for (size_t i = 0; i < ARRAY_LEN(what.fds); i++)
        if (what.fds[i] >= 0)
            close(what.fds[i]);
    if (err == ERR_NONE) {
        p->opened = (struct opened){ .what = "a process",
                                     .remedy = "yon_process_free",
                                     .close = left_open };
        opened_add(&p->opened, p->loop);
        *out = p;
        return 0;
    }
    close_streams(p);
    loop_drop(p->loop);
    free(p);
    return -(int)err;
}

/* ---- its life ---- */

yon_stream *yon_process_stream(yon_process *p, int fd)
{
    yon_stream *s = fd >= 0 && fd < 3 ? p->streams[fd] : NULL;

    MISUSE_IF_ELSEWHERE(p->loop, "the process");
    if (s != NULL)
        s->is_lent = true;
    return s;
}

int yon_process_kill(yon_process *p, int number)
{
    if (loop_is_elsewhere(p->loop))
        return YON_ESTATE;
    if (p->is_over)
        return YON_EABSENT;
    if (syscall(SYS_pidfd_send_signal, p->pidfd, number, NULL, 0) == 0)
        return 0;
    return errno == EINVAL ? YON_ERANGE : YON_EABSENT;
}

static enum err end_await(yon_process *p)
{
    struct waiter w = { 0 };

    return p->is_over ? ERR_NONE : waitq_await(&p->waiters, &w);
}

int yon_process_wait(yon_process *p, int *code, int *number)
{
    enum err err = io_begin_on_await(loop_uv(p->loop));

    if (err != ERR_NONE)
        return -(int)err;
    p->n_refs++;
    err = end_await(p);
    if (err == ERR_NONE)
        err = p->err;
    if (err == ERR_NONE && code != NULL)
        *code = p->code;
    if (err == ERR_NONE && number != NULL)
        *number = p->signal;
    process_unref(p);
    return -(int)err;
}

void yon_process_free(yon_process *p)
{
    if (p == NULL || (coro_current() == NULL && forks_n() > 0))
        return; /* it is the parent's */
    MISUSE_IF_ELSEWHERE(p->loop, "the process");
    MISUSE_IF(coro_current() == NULL, "only inside a coroutine");
    MISUSE_IF(loop_current() != p->loop, "the process is another loop's");
    opened_forget(&p->opened);
    close_streams(p);
    yon_process_kill(p, SIGKILL);
    yon_shield_begin();
    end_await(p);
    yon_shield_end();
    ASSERT(p->is_over);
    process_unref(p);
}
