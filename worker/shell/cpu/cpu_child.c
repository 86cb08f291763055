/* SPDX-License-Identifier: MIT */
/* cpu_child - the process in which cpu calls run, one at a time. */
#include "worker/shell/cpu/cpu_child.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/rt/co/loop.h"
#include "libcommon/rt/co/opened.h"
#include "libcommon/rt/os/log.h"
#include "worker/shell/call/call.h"
#include "worker/shell/call/call_progress.h"
#include "worker/shell/call/rest.h"
#include "worker/shell/cpu/frame_pipe.h"

#define SAID_LEN (64u << 10) /* bytes of lines in one frame */

struct cpu_child {
    const struct cpu_child_plan *plan;
    struct loop *loop;
    struct call_env calls;
    struct frame_pipe pipe;
    uv_poll_t poll;
    struct attempt_key id; /* of the call */
    yon_job *call;         /* NULL: none runs */
    struct alarm_set alarms;
    struct call_progress_set progress_set;
    struct call_progress progress; /* of the call */
    bool over;
};

static void hung_up(int number)
{
    (void)number;
}

void cpu_child_begin(const struct inherit *inherit)
{
    struct pollfd parent = { .fd = inherit->cpu_fd };
    struct sigaction hup = { .sa_handler = hung_up, .sa_flags = SA_RESTART };

    sigaction(SIGHUP, &hup, NULL); /* is meant for the supervisor */
    prctl(PR_SET_NAME, "yon-worker.cpu");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    poll(&parent, 1, 0);
    if (parent.revents & POLLHUP)
        _exit(0); /* it died before it could take us with it */
}

static void watch(struct cpu_child *c);

/* ---- the call ---- */

static void tell(struct cpu_child *c, struct outcome o)
{
    struct op op = { .type = OP_RESULT };

    o.id = c->id;
    op.u.result.outcome = o;
    frame_pipe_put(&c->pipe, &op);
    watch(c);
}

static void ended(void *arg, const struct outcome *outcome)
{
    struct cpu_child *c = arg;

    ASSERT(c->call != NULL);
    c->call = NULL;
    call_progress_fini(&c->progress);
    tell(c, *outcome);
}

static void start(struct cpu_child *c, const struct op *op)
{
    struct assignment what = { .id = op->u.assign.id,
                               .tries = op->u.assign.tries,
                               .array = op->u.assign.array,
                               .fn = op->u.assign.fn,
                               .spec = op->u.assign.spec,
                               .item = op->u.assign.item,
                               .number = op->u.assign.number,
                               .server = c->plan->server };
    const struct module_function *fn = NULL;
    char errmsg[ERRMSG_LEN];
    enum err err = modules_get(c->plan->modules, what.fn, &fn, errmsg);

    ASSERT(c->call == NULL);
    c->id = what.id;
    c->progress =
        (struct call_progress){ .set = &c->progress_set, .id = what.id };
    if (err == ERR_NONE)
        err = call_start(&c->calls, fn->fn, &what, ended, c, &c->call, errmsg);
    if (err != ERR_NONE)
        tell(c, call_not_started(err, errmsg));
}

/* The call may hold the loop, so this is the time to pass it on. */
static void advanced(void *arg, const struct advance *a)
{
    struct cpu_child *c = arg;

    call_progress_note(&c->progress, a);
    call_progress_tell_if_due(&c->progress_set);
}

/* At once, so that a kill takes nothing of it. When the other end reads more
 * slowly, the call waits. */
static void said(void *arg, struct view lines)
{
    struct cpu_child *c = arg;
    struct pollfd room = { .fd = c->pipe.fd, .events = POLLOUT };
    struct op op = { .type = OP_TAIL_DATA };

    while (lines.len > 0) {
        size_t len = lines.len < SAID_LEN ? lines.len : SAID_LEN;

        (void)view_take(&lines, len, &op.u.tail_data.bytes);
        frame_pipe_put(&c->pipe, &op);
        while (frame_pipe_flush(&c->pipe))
            (void)poll(&room, 1, -1);
    }
}

static void tell_progress(void *arg, const struct advances *advances)
{
    struct cpu_child *c = arg;
    struct op op = { .type = OP_ADVANCED, .u.advanced.advances = *advances };

    frame_pipe_put(&c->pipe, &op);
    watch(c);
}

/* ---- the socket ---- */

/* Read what has come. Also called from within a call. */
static void take_all(void *arg)
{
    struct cpu_child *c = arg;
    struct op op;
    enum err err;

    while ((err = frame_pipe_next(&c->pipe, &op)) == ERR_NONE) {
        if (op.type == OP_ASSIGN && c->call == NULL)
            start(c, &op);
        else if (op.type == OP_STOP && c->call != NULL)
            call_stop(c->call, op.u.stop.reason);
    }
    c->over = err == ERR_CLOSED;
}

static void told(uv_poll_t *poll, int status, int events)
{
    struct cpu_child *c = poll->data;

    (void)status;
    (void)events;
    take_all(c);
    watch(c);
}

static void watch(struct cpu_child *c)
{
    int events = UV_READABLE | (frame_pipe_flush(&c->pipe) ? UV_WRITABLE : 0);

    uv_poll_start(&c->poll, events, told);
}

/* ---- life ---- */

static bool is_over(void *arg)
{
    return ((struct cpu_child *)arg)->over;
}

/* False: there is a shortage, which is logged. */
static bool init(struct cpu_child *c)
{
    uint32_t stack_kb = c->plan->stack_kb;
    int error;

    if (stack_kb < CPU_CHILD_STACK_KB)
        stack_kb = CPU_CHILD_STACK_KB;
    if (loop_open(&c->loop) != ERR_NONE) {
        log_line(TRACE_ERROR, "cannot-start", "process=cpu error=%s",
                 "no descriptors or memory for its loop");
        return false;
    }
    loop_set_stack(c->loop, (size_t)stack_kb << 10);
    loop_set_look(c->loop, take_all, c);
    call_env_init(&c->calls, c->loop, c->plan->server, 0);
    c->calls.advanced = advanced;
    c->calls.said = said;
    alarm_set_init(&c->alarms, loop_uv(c->loop));
    call_progress_set_init(&c->progress_set, &c->alarms, tell_progress, c);
    frame_pipe_init(&c->pipe, c->plan->fd);
    error = uv_poll_init(loop_uv(c->loop), &c->poll, c->plan->fd);
    if (error != 0) {
        log_line(TRACE_ERROR, "cannot-start", "process=cpu error=%s",
                 uv_strerror(error));
        return false;
    }
    c->poll.data = c;
    watch(c);
    return true;
}

int cpu_child_serve(const struct cpu_child_plan *plan)
{
    struct cpu_child c = { .plan = plan };

    /* With its socket open, so that its end is an exit: a parent that sees the
     * end of the socket kills. */
    if (!init(&c))
        return CPU_CHILD_SHORT;
    loop_run_await(c.loop, is_over, &c);
    if (c.call != NULL)
        _exit(1); /* nobody wants its result */
    if (!rest_end_await(c.loop, &c.alarms, 0)) {
        opened_close_all(c.loop);
        _exit(0);
    }
    call_env_fini(&c.calls);
    call_progress_set_fini(&c.progress_set);
    alarm_set_fini(&c.alarms, NULL);
    uv_close((uv_handle_t *)&c.poll, NULL);
    frame_pipe_fini(&c.pipe);
    loop_free(c.loop);
    return 0;
}
