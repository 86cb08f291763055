/* SPDX-License-Identifier: MIT */
/* command - a job that is a program: its process, its output, its end. */
#include "worker/shell/exec/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/spawn.h"
#include "proto/body.h"
#include "worker/shell/exec/lastline.h"
#include "worker/shell/exec/order.h"
#include "worker/shell/exec/program_output.h"

struct command {
    const struct command_env *env;
    const struct command_events *events;
    void *arg;
    struct process *process; /* NULL: nothing of it is left */
    struct program_output_events output_events;
    struct program_output out, err;
    struct alarm grace; /* from the exit to the end */
    struct alarm clear; /* from SIGKILL to giving up */
    bool one_output;    /* `err` stays empty */
    bool exited;
    bool clearing; /* SIGKILL was sent to all of it */
    bool finished;
    struct process_exit how; /* when it has exited */
    char *why_not;           /* why it was not started; NULL: it was */
    bool delayed;            /* why_not is a shortage, which passes */
    bool stopped;
    struct blob *reason; /* why it was stopped */
    int n_holds;         /* its own, and one for each open output */
};

static void command_check(const struct command *c)
{
    ASSERT_IF(c->process == NULL, c->exited);
    ASSERT_IF(c->finished, c->process == NULL);
    ASSERT_IF(c->why_not != NULL, c->exited);
}

static void let_go(struct command *c)
{
    ASSERT(c->n_holds > 0);
    if (--c->n_holds > 0)
        return;
    blob_unref(c->reason);
    free(c->why_not);
    free(c);
}

/* ---- the end ---- */

/* The message of a failure lives in `text`. */
static void describe(const struct command *c, struct outcome *o,
                     struct view err, struct buf *text)
{
    o->code = c->how.code;
    o->signal = c->how.signo;
    if (c->stopped && c->how.asked) {
        o->state = STATE_CANCELLED;
        o->reason = view_str("cancelled");
        o->message = blob_view(c->reason);
    } else if (c->delayed) {
        o->state = STATE_HANDED_BACK;
        o->message = view_str(c->why_not);
    } else if (c->why_not != NULL) {
        o->state = STATE_FAILED;
        o->reason = view_str("start");
        o->message = view_str(c->why_not);
    } else if (c->how.signo != 0) {
        o->state = STATE_FAILED;
        o->reason = view_str("signal");
        buf_addf(text, "killed by signal %d (%s)", c->how.signo,
                 strsignal(c->how.signo));
        o->message = buf_view(text);
    } else if (c->how.code != 0) {
        o->state = STATE_FAILED;
        o->reason = view_str("exit");
        lastline_add(text, err);
        o->message = buf_view(text);
    } else {
        o->state = STATE_DONE;
    }
}

static void report(struct command *c)
{
    struct outcome o = { 0 };
    struct body body = { 0 };
    struct buf out = { 0 }, err = { 0 }, text = { 0 }, packed = { 0 };
    struct spool spools[] = { c->out.spool, c->err.spool };

    body.out_head = capture_kept(&c->out.capture, &out);
    body.out_len = c->out.capture.len;
    body.out = buf_view(&out);
    body.err_head = capture_kept(&c->err.capture, &err);
    body.err_len = c->err.capture.len;
    body.err = buf_view(&err);
    body.out_stored = spools[0].end - spools[0].from;
    body.err_stored = spools[1].end - spools[1].from;
    o.dropped = c->out.dropped + c->err.dropped;
    describe(c, &o, c->one_output ? body.out : body.err, &text);
    body_encode(&packed, &body);
    o.body = buf_view(&packed);
    c->events->ended(c->arg, &o, spools,
                     (uint64_t[]){ c->out.taken, c->err.taken });
    c->out.spool.fd = spools[0].fd; /* the callee may have it now */
    c->err.spool.fd = spools[1].fd;
    buf_fini(&packed);
    buf_fini(&out);
    buf_fini(&err);
    buf_fini(&text);
}

static bool outputs_have_ended(const struct command *c)
{
    return program_output_has_ended(&c->out) &&
           program_output_has_ended(&c->err);
}

/* It may be freed. */
static void finish(struct command *c)
{
    ASSERT(c->exited && !c->finished && outputs_have_ended(c));
    c->finished = true;
    command_check(c);
    alarm_clear(c->env->alarms, &c->grace);
    alarm_clear(c->env->alarms, &c->clear);
    report(c);
    program_output_fini(&c->out);
    program_output_fini(&c->err);
    let_go(c);
}

/* Finish it when nothing is waited for any more. It may be freed. */
static void look_for_end(struct command *c)
{
    if (!c->exited || c->finished || !outputs_have_ended(c))
        return;
    if (c->process == NULL)
        finish(c);
    else
        command_kill(c);
}

static void output_ended(void *arg, struct program_output *s)
{
    (void)s;
    look_for_end(arg);
}

static void output_told(void *arg, uint64_t tail, uint64_t offset,
                        struct view bytes, bool ended)
{
    struct command *c = arg;

    c->events->tail(c->arg, tail, offset, bytes, ended);
}

static void output_closed(uv_handle_t *poll)
{
    let_go(poll->data);
}

/* ---- the exit ---- */

static void grace_over(struct alarm *a)
{
    command_kill(CONTAINER_OF(a, struct command, grace));
}

/* Nothing of it is left, so what the pipes hold is all of the output. */
static void nothing_left(struct command *c)
{
    c->process = NULL;
    command_check(c);
    program_output_hurry(&c->out);
    program_output_hurry(&c->err);
    look_for_end(c);
}

static void told_exit(void *arg, const struct process_exit *how)
{
    struct command *c = arg;

    ASSERT(!c->exited && c->process != NULL);
    c->exited = true;
    c->how = *how;
    if (!how->left)
        return; /* told_cleared is next */
    alarm_start(c->env->alarms, &c->grace, COMMAND_GRACE_MS, grace_over);
    program_output_read(&c->out);
    program_output_read(&c->err);
    look_for_end(c);
}

static void told_cleared(void *arg)
{
    nothing_left(arg);
}

static void told_failed(void *arg, enum err err, const char *errmsg)
{
    struct command *c = arg;

    ASSERT(!c->exited);
    c->exited = true;
    c->how.code = err == ERR_ABSENT   ? PROCESS_CODE_ABSENT
                  : err == ERR_CLOSED ? PROCESS_CODE_NO_STREAM
                                      : PROCESS_CODE_CANNOT;
    /* It was cancelled while it waited for its stdin. */
    c->how.asked = err == ERR_CLOSED && c->stopped;
    c->why_not = xstrdup(errmsg);
    c->delayed = err == ERR_BUSY;
    nothing_left(c);
}

static void told_started(void *arg, pid_t pid)
{
    struct command *c = arg;

    if (c->events->started != NULL)
        c->events->started(c->arg, pid);
}

static const struct process_events process_events = {
    .failed = told_failed,
    .started = told_started,
    .exited = told_exit,
    .cleared = told_cleared,
};

/* ---- the kill ---- */

static void clear_over(struct alarm *a)
{
    struct command *c = CONTAINER_OF(a, struct command, clear);

    log_line(TRACE_WARN, "command-stuck", "effect=%s",
             "not gone in time after it was killed: its shim is killed, too");
    process_leave(c->process);
    if (!c->exited)
        c->how = (struct process_exit){ .signo = SIGKILL, .asked = true };
    c->exited = true;
    nothing_left(c);
}

void command_kill(struct command *c)
{
    int64_t ms = c->env->clear_ms == 0 ? COMMAND_CLEAR_MS : c->env->clear_ms;

    if (c->process == NULL || c->clearing)
        return;
    c->clearing = true;
    process_clear(c->process);
    alarm_start(c->env->alarms, &c->clear, ms, clear_over);
}

/* ---- the start ---- */

static struct command *command_new(const struct command_env *env,
                                   const struct command_events *events,
                                   void *arg)
{
    struct command *c = xcalloc(1, sizeof *c);

    c->env = env;
    c->events = events;
    c->arg = arg;
    c->output_events = (struct program_output_events){ .tail = output_told,
                                                       .end = output_ended,
                                                       .closed = output_closed,
                                                       .arg = c };
    program_output_init(&c->out, env->alarms, &c->output_events);
    program_output_init(&c->err, env->alarms, &c->output_events);
    c->n_holds = 1;
    return c;
}

static enum err open_output(struct command *c, struct program_output *s,
                            int *write_end, char *errmsg)
{
    enum err err = program_output_open(s, c->env->loop, write_end, errmsg);

    if (err == ERR_NONE) {
        s->poll.data = c;
        c->n_holds++;
    }
    return err;
}

/* Both write to the first: so their order stays. The pipe of the second has
 * ended then. */
static enum err join(int fds[ORDER_FDS], char *errmsg)
{
    close(fds[1]);
    fds[1] = fcntl(fds[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (fds[1] < 0)
        return err_set(errmsg, spawn_error(errno), "%s", strerror(errno));
    return ERR_NONE;
}

static enum err start(struct command *c, const struct program *program,
                      char *errmsg)
{
    int fds[ORDER_FDS] = { -1, -1 };
    enum err err = open_output(c, &c->out, &fds[0], errmsg);

    if (err == ERR_NONE)
        err = open_output(c, &c->err, &fds[1], errmsg);
    if (err == ERR_NONE && program->one_output)
        err = join(fds, errmsg);
    if (err == ERR_NONE)
        err = process_start(c->env->processes, program, fds, &process_events, c,
                            &c->process, errmsg);
    for (int i = 0; i < ORDER_FDS; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    if (err != ERR_NONE)
        return err_wrap(errmsg, err, "cannot start \"%.80s\"",
                        program->argv[0]);
    return ERR_NONE;
}

static void set_limit(struct command *c, uint64_t wanted)
{
    uint64_t max = wanted > 0 ? wanted : COMMAND_OUTPUT_LIMIT;

    if (max > c->env->output_max)
        max = c->env->output_max;
    program_output_limit(&c->out, max, c->env->spool_dir);
    program_output_limit(&c->err, max, c->env->spool_dir);
}

enum err command_start(const struct command_env *env,
                       const struct assignment *from,
                       const struct command_events *events, void *arg,
                       struct command **out, char *errmsg)
{
    struct command *c;
    struct program program;
    enum err err = program_make(from, &program, errmsg);

    if (err != ERR_NONE)
        return err_wrap(errmsg, err, "cannot start the command");
    c = command_new(env, events, arg);
    c->one_output = program.one_output;
    set_limit(c, program.output_limit);
    command_follow(c, from->follow, (uint64_t[]){ 0, 0 });
    err = start(c, &program, errmsg);
    program_fini(&program);
    if (err == ERR_NONE) {
        *out = c;
        return ERR_NONE;
    }
    program_output_fini(&c->out);
    program_output_fini(&c->err);
    let_go(c);
    return err;
}

/* ---- while it runs ---- */

void command_stop(struct command *c, struct view reason)
{
    if (c->exited || c->stopped)
        return;
    c->stopped = true;
    c->reason = blob_new(reason);
    process_signal(c->process, SIGTERM);
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
        program_output_tail(which == STREAM_OUT ? &c->out : &c->err, tail,
                            offset, max);
}

void command_follow(struct command *c, uint8_t streams, const uint64_t keep[2])
{
    program_output_follow(&c->out, streams & STREAM_BIT(STREAM_OUT), keep[0]);
    program_output_follow(&c->err, streams & STREAM_BIT(STREAM_ERR), keep[1]);
}

void command_keep(struct command *c, uint8_t which, uint64_t keep)
{
    if (which == STREAM_OUT)
        program_output_keep(&c->out, keep);
    else if (which == STREAM_ERR)
        program_output_keep(&c->err, keep);
}

void command_untail(struct command *c)
{
    program_output_session_over(&c->out);
    program_output_session_over(&c->err);
}

void command_rejoin(struct command *c)
{
    program_output_rejoin(&c->out);
    program_output_rejoin(&c->err);
}
