/* SPDX-License-Identifier: MIT */
/* process - a program that a shim runs, as the loop sees it. */
#include "worker/shell/exec/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/list.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/spawn.h"
#include "worker/shell/exec/order.h"

struct processes {
    uv_loop_t *loop;
    struct forkserver *forkserver;
    uv_poll_t gone; /* tells of shims that have left nothing */
    bool is_alone;  /* the fork server is dead */
    struct list idle, busy;
    unsigned n_made; /* their numbers begin at 1 */
};

/* One for each shim: for the program that it runs now, or the next one. */
struct process {
    struct processes *all;
    struct list place;
    uv_poll_t poll;
    int sock;
    unsigned number;                     /* of the shim */
    bool ready;                          /* the shim has begun to serve */
    bool exited;                         /* the event `exited` was called */
    bool lost;                           /* the shim has ended */
    bool gone;                           /* nothing of the shim is left */
    const struct process_events *events; /* NULL: it is idle */
    void *arg;
};

/* ---- shims ---- */

/* p is busy. */
static void process_check(const struct process *p)
{
    ASSERT(p->sock >= 0 && p->number > 0 && p->number <= p->all->n_made);
    ASSERT(p->events != NULL);     /* it is busy ... */
    ASSERT(!(p->lost && p->gone)); /* ... and is reaped at once then, ... */
    ASSERT_IF(p->lost, p->exited); /* ... with all that it was to tell */
}

static void closed(uv_handle_t *poll)
{
    free(poll->data);
}

static void drop(struct process *p)
{
    list_remove(&p->place);
    uv_close((uv_handle_t *)&p->poll, closed);
    close(p->sock);
    p->sock = -1;
}

static void put_away(struct process *p)
{
    ASSERT(p->events == NULL && !p->lost);
    list_remove(&p->place);
    list_insert(&p->all->idle, &p->place);
}

static void told_exit(struct process *p, struct process_exit how)
{
    ASSERT(!p->exited);
    p->exited = true;
    p->events->exited(p->arg, &how);
}

static void reap(struct process *p)
{
    const struct process_events *events = p->events;

    drop(p);
    if (events != NULL)
        events->cleared(p->arg);
}

/* There was no process or no descriptor for the shim, so nothing has begun. */
static void never_ready(struct process *p)
{
    const struct process_events *events = p->events;
    void *arg = p->arg;

    drop(p);
    events->failed(arg, ERR_BUSY, "no process for it: its shim did not begin");
}

/* The shim has ended. The fork server kills what it has left and says when that
 * is gone. Without a fork server the shim itself has done so. */
static void lost(struct process *p)
{
    if (!p->ready && p->events != NULL) {
        never_ready(p);
        return;
    }
    p->lost = true;
    p->gone = p->gone || p->all->is_alone;
    uv_poll_stop(&p->poll);
    log_line(TRACE_WARN, "shim-ended", "shim=%u effect=%s", p->number,
             p->events == NULL ? "none, it ran nothing"
                               : "its program is killed with all it started");
    if (p->events != NULL && !p->exited)
        told_exit(p, (struct process_exit){
                         .signo = SIGKILL, .asked = true, .left = !p->gone });
    if (p->events == NULL || p->gone)
        reap(p);
}

/* Nothing of the shim is left; the end of its socket may be seen later. */
static void gone(struct process *p)
{
    p->gone = true;
    if (p->lost)
        reap(p);
}

/* number 0: any that is lost. */
static struct process *find_busy(const struct processes *ps, unsigned number)
{
    LIST_EACH (it, save, &ps->busy) {
        struct process *p = LIST_ENTRY(it, struct process, place);

        process_check(p);
        if (number == 0 ? p->lost : p->number == number)
            return p;
    }
    return NULL;
}

static void forkserver_told(uv_poll_t *poll, int status, int events)
{
    struct processes *ps = poll->data;
    struct process *p;
    unsigned number = 0;
    enum err err;

    (void)status;
    (void)events;
    while ((err = forkserver_next_gone(ps->forkserver, &number)) == ERR_NONE)
        if ((p = find_busy(ps, number)) != NULL)
            gone(p);
    if (err != ERR_CLOSED)
        return;
    uv_poll_stop(poll);
    log_line(TRACE_WARN, "forkserver-ended", "effect=%s",
             "its programs are killed, and this process ends with the next "
             "command");
    ps->is_alone = true;
    while ((p = find_busy(ps, 0)) != NULL)
        gone(p);
}

/* Read everything before the event: it may start the next program here. */
static void end(struct process *p, void (*event)(void *arg))
{
    void *arg = p->arg;

    p->events = NULL;
    put_away(p);
    event(arg);
}

static void failed(struct process *p, const struct report *r)
{
    const struct process_events *events = p->events;
    void *arg = p->arg;

    p->events = NULL;
    /* In a shortage an idle shim is what another program lacks. */
    if (r->last || r->err == ERR_BUSY)
        drop(p);
    else
        put_away(p);
    events->failed(arg, (enum err)r->err, r->errmsg);
}

static void told(struct process *p, const struct report *r)
{
    ASSERT(r->type >= REPORT_READY && r->type <= REPORT_STARTED);
    if (r->type == REPORT_READY) {
        p->ready = true;
        return;
    }
    ASSERT(p->events != NULL && !p->lost);
    if (r->type == REPORT_FAILED) {
        failed(p, r);
        return;
    }
    if (r->type == REPORT_STARTED) {
        p->events->started(p->arg, r->pid);
        return;
    }
    if (r->type == REPORT_EXITED)
        told_exit(
            p, (struct process_exit){ r->code, r->signo, r->asked, r->left });
    if (!r->left)
        end(p, p->events->cleared);
}

static void poll_told(uv_poll_t *poll, int status, int events)
{
    struct process *p = poll->data;
    struct report report;
    ssize_t n = recv(p->sock, &report, sizeof report, MSG_DONTWAIT);

    (void)status;
    (void)events;
    /* A socket that closed with an order unread says so before it hands out the
     * last report. */
    if (n < 0 && errno == ECONNRESET)
        n = recv(p->sock, &report, sizeof report, MSG_DONTWAIT);
    if (n == (ssize_t)sizeof report)
        told(p, &report);
    else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
        lost(p);
}

/* Takes the socket, unless it returns an errno. */
static int shim_new(struct processes *ps, int sock, struct process **out)
{
    struct process *p = xcalloc(1, sizeof *p);
    int error = -uv_poll_init(ps->loop, &p->poll, sock);

    if (error != 0) {
        free(p);
        return error;
    }
    p->all = ps;
    p->sock = sock;
    p->number = ++ps->n_made;
    list_init(&p->place);
    p->poll.data = p;
    uv_poll_start(&p->poll, UV_READABLE, poll_told);
    list_insert(&ps->idle, &p->place);
    *out = p;
    return 0;
}

/* 0 or an errno. */
static int make_shim(struct processes *ps)
{
    struct process *p = NULL;
    int socks[2], error;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, socks) != 0)
        return errno;
    error = shim_new(ps, socks[0], &p);
    if (error != 0)
        close(socks[0]);
    else
        error = forkserver_make(ps->forkserver, p->number, socks[1]);
    close(socks[1]);
    if (error == EPIPE) {
        log_line(TRACE_ERROR, "failed", "error=%s",
                 "the fork server was killed");
        _exit(1);
    }
    if (error != 0 && p != NULL)
        drop(p);
    return error;
}

/* ---- all ---- */

enum err processes_new(uv_loop_t *loop, struct forkserver *forkserver,
                       struct processes **out, char *errmsg)
{
    struct processes *ps = xcalloc(1, sizeof *ps);
    int error = -uv_poll_init(loop, &ps->gone, forkserver->sock);

    if (error != 0) {
        free(ps);
        return err_set(errmsg, ERR_SYSTEM,
                       "the fork server cannot be watched: %s",
                       strerror(error));
    }
    ps->loop = loop;
    ps->forkserver = forkserver;
    list_init(&ps->idle);
    list_init(&ps->busy);
    ps->gone.data = ps;
    uv_poll_start(&ps->gone, UV_READABLE, forkserver_told);
    uv_unref((uv_handle_t *)&ps->gone);
    *out = ps;
    return ERR_NONE;
}

void processes_free(struct processes *ps)
{
    if (ps == NULL)
        return;
    LIST_EACH (it, save, &ps->idle)
        drop(LIST_ENTRY(it, struct process, place));
    LIST_EACH (it, save, &ps->busy)
        drop(LIST_ENTRY(it, struct process, place));
    uv_close((uv_handle_t *)&ps->gone, closed);
    forkserver_stop(ps->forkserver);
}

/* ---- starting ---- */

/* Give it to the first idle shim. */
static bool try_start(struct processes *ps, const struct program *program,
                      const int fds[ORDER_FDS], struct process **out)
{
    struct process *p = LIST_ENTRY(ps->idle.next, struct process, place);

    if (!order_send_start(p->sock, program, fds)) {
        forkserver_end(ps->forkserver, p->number);
        drop(p);
        return false;
    }
    *out = p;
    return true;
}

/* Give it to an idle shim, or to a new one. 0 or an errno. */
static int send_start(struct processes *ps, const struct program *program,
                      const int fds[ORDER_FDS], struct process **out)
{
    int error;

    while (!list_is_empty(&ps->idle))
        if (try_start(ps, program, fds, out))
            return 0;
    error = make_shim(ps);
    if (error == 0 && !try_start(ps, program, fds, out))
        error = EAGAIN;
    return error;
}

static void begin(struct process *p, const struct process_events *events,
                  void *arg)
{
    ASSERT(p->events == NULL && events != NULL);
    list_remove(&p->place);
    list_insert(&p->all->busy, &p->place);
    p->exited = false;
    p->events = events;
    p->arg = arg;
}

enum err process_start(struct processes *ps, const struct program *program,
                       const int fds[ORDER_FDS],
                       const struct process_events *events, void *arg,
                       struct process **out, char *errmsg)
{
    int error = send_start(ps, program, fds, out);

    if (error != 0)
        return err_set(errmsg, spawn_error(error), "no process for it: %s",
                       strerror(error));
    begin(*out, events, arg);
    return ERR_NONE;
}

/* ---- while it runs ---- */

/* A shim that cannot be reached is lost, which its socket tells as well. */
void process_signal(struct process *p, int signo)
{
    ASSERT(p->events != NULL && signo > 0);
    (void)order_send(p->sock, ORDER_SIGNAL, signo);
}

void process_clear(struct process *p)
{
    ASSERT(p->events != NULL);
    (void)order_send(p->sock, ORDER_CLEAR, 0);
}

void process_leave(struct process *p)
{
    ASSERT(p->events != NULL);
    forkserver_end(p->all->forkserver, p->number);
    drop(p);
}
