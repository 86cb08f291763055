/* SPDX-License-Identifier: MIT */
/* command - a job that is a program: its process, its output, its end. */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "lastline.h"
#include "mem.h"
#include "output.h"
#include "process.h"

struct command {
    const struct command_env *env;
    const struct command_events *events;
    void *arg;
    pid_t pid; /* and group; a zombie once it has exited, until finish() */
    int pidfd; /* -1: SIGCHLD tells */
    union {
        uv_handle_t handle;
        uv_poll_t poll;
        uv_signal_t signal;
    } watch;
    struct output_events output_events;
    struct output out, err;
    struct alarm grace; /* from the exit to the end */
    struct alarm stop;  /* from SIGTERM to SIGKILL */
    bool exited;
    bool finished;
    int code, signal; /* when it has exited; signal 0: by itself */
    bool stopped;
    struct blob *reason; /* why it was stopped */
    int n_handles;       /* not closed yet */
};

static void handle_closed(struct command *c)
{
    if (--c->n_handles > 0)
        return;
    blob_unref(c->reason);
    free(c);
}

static void watch_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

/* ---- the end ---- */

/* The message of a failure lives in `text`. */
static void describe(const struct command *c, struct outcome *o,
                     struct buf *text)
{
    o->code = c->code;
    o->signal = c->signal;
    if (c->stopped) {
        o->state = STATE_CANCELLED;
        o->reason = view_str("cancelled");
        o->message = blob_view(c->reason);
    } else if (c->signal != 0) {
        o->state = STATE_FAILED;
        o->reason = view_str("signal");
        buf_addf(text, "killed by signal %d (%s)", c->signal,
                 strsignal(c->signal));
        o->message = buf_view(text);
    } else if (c->code != 0) {
        o->state = STATE_FAILED;
        o->reason = view_str("exit");
        lastline_add(text, o->err);
        o->message = buf_view(text);
    } else {
        o->state = STATE_DONE;
    }
}

static void report(struct command *c)
{
    struct outcome o = { 0 };
    struct buf out = { 0 }, err = { 0 }, text = { 0 };

    o.out_head = capture_kept(&c->out.capture, &out);
    o.out_len = c->out.capture.len;
    o.out = buf_view(&out);
    o.err_head = capture_kept(&c->err.capture, &err);
    o.err_len = c->err.capture.len;
    o.err = buf_view(&err);
    describe(c, &o, &text);
    c->events->ended(c->arg, &o);
    buf_fini(&out);
    buf_fini(&err);
    buf_fini(&text);
}

static void finish(struct command *c)
{
    siginfo_t info;

    ASSERT(c->exited && !c->finished);
    c->finished = true;
    alarm_clear(c->env->alarms, &c->grace);
    alarm_clear(c->env->alarms, &c->stop);
    kill(-c->pid, SIGKILL);
    waitid(P_PID, (id_t)c->pid, &info, WEXITED);
    report(c);
    output_fini(&c->out);
    output_fini(&c->err);
}

static void output_ended(void *arg, struct output *s)
{
    struct command *c = arg;

    (void)s;
    if (c->exited && !c->finished && output_has_ended(&c->out) &&
        output_has_ended(&c->err))
        finish(c);
}

static void output_told(void *arg, uint64_t tail, uint64_t offset,
                        struct view bytes, bool ended)
{
    struct command *c = arg;

    c->events->tail(c->arg, tail, offset, bytes, ended);
}

static void output_closed(uv_handle_t *poll)
{
    handle_closed(poll->data);
}

/* ---- the exit ---- */

static void grace_over(struct alarm *a)
{
    struct command *c = CONTAINER_OF(a, struct command, grace);

    kill(-c->pid, SIGKILL);
    output_hurry(&c->out);
    output_hurry(&c->err);
}

static void exited(struct command *c, const siginfo_t *info)
{
    c->exited = true;
    if (info->si_code == CLD_EXITED)
        c->code = info->si_status;
    else
        c->signal = info->si_status;
    uv_close(&c->watch.handle, watch_closed);
    if (c->pidfd >= 0)
        close(c->pidfd);
    alarm_clear(c->env->alarms, &c->grace);
    alarm_start(c->env->alarms, &c->grace, COMMAND_GRACE_MS, grace_over);
    if (output_has_ended(&c->out) && output_has_ended(&c->err)) {
        finish(c);
        return;
    }
    output_read(&c->out);
    output_read(&c->err);
}

static void look_for_exit(struct command *c)
{
    siginfo_t info = { 0 };

    if (c->exited)
        return;
    if (waitid(P_PID, (id_t)c->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        info.si_pid == c->pid)
        exited(c, &info);
}

static void pidfd_told(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    look_for_exit(poll->data);
}

static void child_told(uv_signal_t *signal, int number)
{
    (void)number;
    look_for_exit(signal->data);
}

static void exit_before_watch(struct alarm *a)
{
    look_for_exit(CONTAINER_OF(a, struct command, grace));
}

static void watch_exit(struct command *c)
{
    uv_loop_t *loop = c->env->loop;

    c->pidfd = c->env->no_pidfd ? -1 : (int)syscall(SYS_pidfd_open, c->pid, 0);
    if (c->pidfd >= 0) {
        ASSERT(uv_poll_init(loop, &c->watch.poll, c->pidfd) == 0);
        uv_poll_start(&c->watch.poll, UV_READABLE, pidfd_told);
    } else {
        uv_signal_init(loop, &c->watch.signal);
        uv_signal_start(&c->watch.signal, child_told, SIGCHLD);
        alarm_start(c->env->alarms, &c->grace, 0, exit_before_watch);
    }
    c->watch.handle.data = c;
}

/* ---- the start ---- */

static void start_output(struct command *c, struct output *s, int fd)
{
    output_start(s, c->env->loop, c->env->alarms, fd, &c->output_events);
    s->poll.data = c;
}

static struct command *watch(const struct command_env *env,
                             const struct process *process,
                             const struct command_events *events, void *arg)
{
    struct command *c = xcalloc(1, sizeof *c);

    c->env = env;
    c->events = events;
    c->arg = arg;
    c->pid = process->pid;
    c->output_events = (struct output_events){ .tail = output_told,
                                               .end = output_ended,
                                               .closed = output_closed,
                                               .arg = c };
    start_output(c, &c->out, process->out);
    start_output(c, &c->err, process->err);
    watch_exit(c);
    c->n_handles = 3;
    return c;
}

/* The worker may have many files open, for its connections and pipes; programs
 * get what they would have had without it. */
static void limit_files(const struct command_env *env, pid_t pid)
{
    struct rlimit limit;

    if (env->n_files == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = env->n_files;
    prlimit(pid, RLIMIT_NOFILE, &limit, NULL);
}

enum err command_start(const struct command_env *env,
                       const struct assignment *from,
                       const struct command_events *events, void *arg,
                       struct command **out, char *errmsg)
{
    struct program program;
    struct process process;
    enum err err = program_make(from, &program, errmsg);

    if (err != ERR_NONE)
        return err_wrap(errmsg, err, "cannot start the command");
    err = process_start(&program, &process, errmsg);
    program_fini(&program);
    if (err != ERR_NONE)
        return err;
    limit_files(env, process.pid);
    *out = watch(env, &process, events, arg);
    return ERR_NONE;
}

/* ---- while it runs ---- */

static void stop_over(struct alarm *a)
{
    command_kill(CONTAINER_OF(a, struct command, stop));
}

void command_stop(struct command *c, struct view reason)
{
    int64_t ms = c->env->stop_ms == 0 ? COMMAND_STOP_MS : c->env->stop_ms;

    look_for_exit(c);
    if (c->exited || c->stopped)
        return;
    c->stopped = true;
    c->reason = blob_new(reason);
    kill(-c->pid, SIGTERM);
    alarm_start(c->env->alarms, &c->stop, ms, stop_over);
}

void command_kill(struct command *c)
{
    if (!c->finished)
        kill(-c->pid, SIGKILL);
}

uint64_t command_n_written(const struct command *c)
{
    return c->out.capture.len + c->err.capture.len;
}

void command_tail(struct command *c, uint8_t which, uint64_t tail,
                  uint64_t offset, uint32_t max)
{
    if (c->finished || (which != STREAM_OUT && which != STREAM_ERR))
        c->events->tail(c->arg, tail, offset, (struct view){ 0 }, true);
    else
        output_ask(which == STREAM_OUT ? &c->out : &c->err, tail, offset, max);
}

void command_untail(struct command *c)
{
    output_forget_tails(&c->out);
    output_forget_tails(&c->err);
}
