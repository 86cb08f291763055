/* SPDX-License-Identifier: MIT */
/* cpu - calls that keep a core busy, each in a process apart. */
#include "worker/shell/cpu/cpu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/spawn.h"
#include "worker/shell/cpu/cpu_child.h"
#include "worker/shell/cpu/frame_pipe.h"
#include "worker/shell/life/crash_note.h"

struct cpu_pool {
    uv_loop_t *loop;
    struct alarm_set *alarms;
    const struct cpu_plan *plan;
    struct list all;   /* struct cpu_call */
    uv_signal_t child; /* active while there are some */
};

/* A process, and the call that runs in it. */
struct cpu_call {
    struct cpu_pool *pool;
    struct list place; /* in pool->all */
    pid_t pid;
    int note_fd; /* struct crash_note; -1: none */
    struct frame_pipe pipe;
    uv_poll_t poll;
    struct alarm alarm; /* to its end, while it is idle */
    bool leaving;       /* it gets no more calls */
    /* The call. */
    char *fn;             /* NULL: idle */
    call_ended_fn *ended; /* NULL: idle */
    void *arg;
    bool killed;         /* by cpu_kill */
    struct blob *reason; /* why it is to end; NULL: it is not */
};

static void cpu_call_check(const struct cpu_call *c)
{
    ASSERT((c->ended != NULL) == (c->fn != NULL));
    ASSERT_IF(c->ended == NULL, c->reason == NULL && !c->killed);
    ASSERT(c->pid > 0);
}

/* ---- the end of a call ---- */

/* Called last: `ended` may start the next call. */
static void tell(struct cpu_call *c, const struct outcome *o)
{
    call_ended_fn *ended = c->ended;
    struct blob *reason = c->reason;
    char *fn = c->fn;

    ASSERT(ended != NULL);
    c->ended = NULL;
    c->reason = NULL;
    c->fn = NULL;
    ended(c->arg, o);
    blob_unref(reason);
    free(fn);
}

static void idle_too_long(struct alarm *a)
{
    struct cpu_call *c = CONTAINER_OF(a, struct cpu_call, alarm);

    c->leaving = true;
    shutdown(c->pipe.fd, SHUT_RDWR);
}

static void result_came(struct cpu_call *c, const struct outcome *o)
{
    if (c->ended == NULL)
        return;
    if (!c->leaving)
        alarm_start(c->pool->alarms, &c->alarm, CPU_IDLE_MS, idle_too_long);
    tell(c, o);
}

/* Whether the process ended before it could run anything, because the machine
 * is short of what that takes: it says so itself, or the loader of its
 * libraries does (127), or it had no memory left for a message, or the kernel
 * for it. */
static bool is_shortage(const struct cpu_call *c, int status)
{
    if (!crash_note_has_left(c->note_fd)) /* it has begun */
        return false;
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == CPU_CHILD_SHORT ||
               WEXITSTATUS(status) == 127;
    return WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGABRT;
}

/* The process has ended before its call. */
static void blame(struct cpu_call *c, int status)
{
    int signo = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    char text[CRASH_NOTE_LEN], own[160];
    struct outcome o = { .state = STATE_FAILED,
                         .reason = view_str("crash"),
                         .signal = signo,
                         .code = WIFEXITED(status) ? WEXITSTATUS(status) : 0 };

    if (c->killed) {
        o.state = STATE_CANCELLED;
        o.reason = view_str("cancelled");
        o.message = blob_view(c->reason);
    } else if (is_shortage(c, status)) {
        o = (struct outcome){ .state = STATE_HANDED_BACK };
        snprintf(own, sizeof own,
                 "the process for function %.64s ended before it began", c->fn);
        o.message = view_str(own);
    } else if (WIFEXITED(status) && crash_note_has_left(c->note_fd)) {
        /* It could not begin, and has logged why. */
        o.reason = view_str("start");
        snprintf(own, sizeof own,
                 "the process for function %.64s cannot start: see the "
                 "worker's log",
                 c->fn);
        o.message = view_str(own);
    } else if (!crash_note_take(c->note_fd, text, &o)) {
        snprintf(own, sizeof own, "%s has ended the process of function %.64s",
                 signo == 0 ? "an exit" : strsignal(signo), c->fn);
        o.message = view_str(own);
    }
    tell(c, &o);
}

/* ---- its process ---- */

static void watch(struct cpu_call *c);

static void poll_closed(uv_handle_t *poll)
{
    struct cpu_call *c = poll->data;

    frame_pipe_fini(&c->pipe);
    if (c->note_fd >= 0)
        close(c->note_fd);
    free(c);
}

static void let_go(struct cpu_call *c)
{
    alarm_clear(c->pool->alarms, &c->alarm);
    list_remove(&c->place);
    uv_close((uv_handle_t *)&c->poll, poll_closed);
}

static void advances_came(struct cpu_call *c, const struct advances *advances)
{
    for (size_t i = 0; i < advances->n && c->ended != NULL; i++)
        c->pool->plan->advanced(c->arg, &advances->at[i]);
}

/* False: the other end is gone. */
static bool take_all(struct cpu_call *c)
{
    struct op op;
    enum err err;

    while ((err = frame_pipe_next(&c->pipe, &op)) == ERR_NONE) {
        if (op.type == OP_RESULT)
            result_came(c, &op.u.result.outcome);
        else if (op.type == OP_ADVANCED)
            advances_came(c, &op.u.advanced.advances);
        else if (op.type == OP_TAIL_DATA && c->ended != NULL)
            c->pool->plan->said(c->arg, op.u.tail_data.bytes);
    }
    return err == ERR_BUSY;
}

static void told(uv_poll_t *poll, int status, int events)
{
    struct cpu_call *c = poll->data;

    (void)status;
    (void)events;
    frame_pipe_flush(&c->pipe);
    if (take_all(c)) {
        watch(c);
        return;
    }
    uv_poll_stop(&c->poll); /* SIGCHLD does the rest */
    if (!c->leaving)
        kill(c->pid, SIGKILL); /* no effect when it is dying already */
    c->leaving = true;
}

static void watch(struct cpu_call *c)
{
    int events = UV_READABLE | (frame_pipe_flush(&c->pipe) ? UV_WRITABLE : 0);

    uv_poll_start(&c->poll, events, told);
}

static void reaped(struct cpu_call *c, int status)
{
    bool was_idle = c->ended == NULL;

    log_line(was_idle || c->killed ? TRACE_DEBUG : TRACE_WARN,
             "cpu-process-ended", "pid=%d function=%s exit_code=%d signal=%d",
             c->pid, was_idle ? "" : c->fn,
             WIFEXITED(status) ? WEXITSTATUS(status) : 0,
             WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    c->leaving = true;
    take_all(c); /* the result may have come before the end */
    if (c->ended != NULL)
        blame(c, status);
    let_go(c);
}

static void child_told(uv_signal_t *signal, int number)
{
    struct cpu_pool *pool = signal->data;
    int status;

    (void)number;
    LIST_EACH (it, save, &pool->all) {
        struct cpu_call *c = LIST_ENTRY(it, struct cpu_call, place);

        if (waitpid(c->pid, &status, WNOHANG) == c->pid)
            reaped(c, status);
    }
    if (list_is_empty(&pool->all))
        uv_signal_stop(&pool->child);
}

/* ---- a new one ---- */

static const char inherit_option[] = INHERIT_OPTION "=3";
_Static_assert(CPU_CHILD_INHERIT_FD == 3, "inherit_option names it");

/* Our command line, and one option more. The caller frees the array; the words
 * are borrowed. */
static const char **argv_of(const struct cpu_pool *pool)
{
    const char **argv;
    size_t n = 0;

    while (pool->plan->argv[n] != NULL)
        n++;
    argv = xcalloc(n + 2, sizeof *argv);
    memcpy(argv, pool->plan->argv, n * sizeof *argv);
    argv[0] = "/proc/self/exe";
    argv[n] = inherit_option;
    return argv;
}

int cpu_modules_low(size_t n)
{
    return CPU_CHILD_FDS_END + (int)n;
}

static int raised(const struct cpu_pool *pool, int fd)
{
    int low = cpu_modules_low(pool->plan->modules->n);
    int high = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, low);

    if (fd >= 0)
        close(fd);
    return high;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* -1: there is none (errno). */
static int give(const struct cpu_pool *pool)
{
    struct inherit inherit = inherit_nothing();
    size_t n = pool->plan->modules->n;

    inherit.kind = INHERIT_CPU;
    inherit.cpu_fd = CPU_CHILD_SOCKET_FD;
    inherit.note_fd = CPU_CHILD_NOTE_FD;
    inherit.n_modules = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        inherit.module_fds[i] = CPU_CHILD_FDS_END + (int)i;
    return raised(pool, inherit_give(&inherit));
}

static enum err no_process(char *errmsg, int error)
{
    return err_set(errmsg, spawn_error(error), "no process for it: %s",
                   strerror(error));
}

/* socket: the end for the new process. */
static enum err start(struct cpu_call *c, int socket, char *errmsg)
{
    const char **argv = argv_of(c->pool);
    const struct module_files *modules = c->pool->plan->modules;
    int more[CPU_CHILD_FDS_END - CPU_CHILD_INHERIT_FD + MODULE_FILES_MAX] = {
        give(c->pool), socket, c->note_fd
    };
    struct spawn what = { .argv = argv,
                          .envp = (const char *const *)environ,
                          .fds = { -1, -1, -1 },
                          .more = more,
                          .n_more = CPU_CHILD_FDS_END - CPU_CHILD_INHERIT_FD };
    enum err err;

    for (size_t i = 0; i < modules->n; i++)
        more[what.n_more++] = modules->at[i].fd;
    if (more[0] < 0)
        err = no_process(errmsg, errno);
    else
        err = spawn_plain(&what, &c->pid, errmsg);
    close_fd(more[0]);
    free(argv);
    return err;
}

/* Takes the descriptors; NULL: it took none, and *error says why. */
static struct cpu_call *call_new(struct cpu_pool *pool, int socket, int note_fd,
                                 int *error)
{
    struct cpu_call *c = xcalloc(1, sizeof *c);

    *error = -uv_poll_init(pool->loop, &c->poll, socket);
    if (*error != 0) {
        free(c);
        return NULL;
    }
    c->poll.data = c;
    c->pool = pool;
    c->note_fd = note_fd;
    frame_pipe_init(&c->pipe, socket);
    list_init(&c->place);
    return c;
}

/* All that the kernel may refuse comes before the process. ends: of the socket,
 * ours and that of the process; *out takes ours. */
static enum err prepare(struct cpu_pool *pool, int ends[2],
                        struct cpu_call **out, char *errmsg)
{
    int note_fd = raised(pool, crash_note_open()), error = 0;

    if (note_fd < 0)
        return no_process(errmsg, errno);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                   ends) != 0)
        error = errno;
    else if ((ends[1] = raised(pool, ends[1])) < 0)
        error = errno;
    else
        *out = call_new(pool, ends[0], note_fd, &error);
    if (error == 0)
        return ERR_NONE;
    close(note_fd);
    close_fd(ends[0]);
    return no_process(errmsg, error);
}

static enum err spawn(struct cpu_pool *pool, struct cpu_call **out,
                      char *errmsg)
{
    int ends[2] = { -1, -1 };
    struct cpu_call *c = NULL;
    enum err err = prepare(pool, ends, &c, errmsg);

    if (err == ERR_NONE) {
        /* Before it lives, so that its end cannot be missed. */
        uv_signal_start(&pool->child, child_told, SIGCHLD);
        err = start(c, ends[1], errmsg);
    }
    close_fd(ends[1]);
    if (err == ERR_NONE) {
        log_line(TRACE_DEBUG, "cpu-process-started", "pid=%d", c->pid);
        list_insert(&pool->all, &c->place);
        *out = c;
        return ERR_NONE;
    }
    if (list_is_empty(&pool->all))
        uv_signal_stop(&pool->child);
    if (c != NULL)
        let_go(c);
    return err;
}

/* ---- all of them ---- */

struct cpu_pool *cpu_pool_new(uv_loop_t *loop, struct alarm_set *alarms,
                              const struct cpu_plan *plan)
{
    struct cpu_pool *pool = xcalloc(1, sizeof *pool);

    pool->loop = loop;
    pool->alarms = alarms;
    pool->plan = plan;
    list_init(&pool->all);
    uv_signal_init(loop, &pool->child);
    pool->child.data = pool;
    return pool;
}

static void pool_closed(uv_handle_t *child)
{
    free(child->data);
}

void cpu_pool_free(struct cpu_pool *pool)
{
    LIST_EACH (it, save, &pool->all) {
        struct cpu_call *c = LIST_ENTRY(it, struct cpu_call, place);

        ASSERT(c->ended == NULL);
        let_go(c); /* its socket ends, and so does it */
    }
    uv_close((uv_handle_t *)&pool->child, pool_closed);
}

static struct cpu_call *find_idle(const struct cpu_pool *pool)
{
    LIST_EACH (it, save, &pool->all) {
        struct cpu_call *c = LIST_ENTRY(it, struct cpu_call, place);

        if (c->ended == NULL && !c->leaving)
            return c;
    }
    return NULL;
}

/* ---- a call ---- */

static struct op assign_op(const struct assignment *from)
{
    struct op op = { .type = OP_ASSIGN };

    op.u.assign.id = from->id;
    op.u.assign.tries = from->tries;
    op.u.assign.kind = KIND_CALL;
    op.u.assign.array = from->array;
    op.u.assign.fn = from->fn;
    op.u.assign.spec = from->spec;
    op.u.assign.item = from->item;
    op.u.assign.number = from->number;
    return op;
}

enum err cpu_start(struct cpu_pool *pool, const struct assignment *from,
                   call_ended_fn *ended, void *arg, struct cpu_call **out,
                   char *errmsg)
{
    struct cpu_call *c = find_idle(pool);
    struct op op = assign_op(from);
    enum err err = ERR_NONE;

    if (c == NULL)
        err = spawn(pool, &c, errmsg);
    if (err != ERR_NONE)
        return err;
    alarm_clear(pool->alarms, &c->alarm);
    c->fn = xmemdup0(from->fn.data, from->fn.len);
    c->ended = ended;
    c->arg = arg;
    cpu_call_check(c);
    frame_pipe_put(&c->pipe, &op);
    watch(c);
    *out = c;
    return ERR_NONE;
}

pid_t cpu_pid(const struct cpu_call *c)
{
    return c->pid;
}

void cpu_stop(struct cpu_call *c, struct view reason)
{
    struct op op = { .type = OP_STOP, .u.stop.reason = reason };

    ASSERT(c->ended != NULL);
    if (c->reason != NULL)
        return;
    c->reason = blob_new(reason);
    frame_pipe_put(&c->pipe, &op);
    watch(c);
}

void cpu_kill(struct cpu_call *c)
{
    ASSERT(c->ended != NULL && c->pid > 0);
    c->killed = true;
    c->leaving = true; /* its result may come yet: no other call is for it */
    kill(c->pid, SIGKILL);
}
