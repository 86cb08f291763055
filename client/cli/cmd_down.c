/* SPDX-License-Identifier: MIT */
/* yon down: end what yon up started. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "client/cli/cmd.h"
#include "client/cli/jobs.h"
#include "client/cli/rundir.h"
#include "client/cli/runners.h"
#include "libcommon/check.h"

/* What still runs then is killed, by yon up or by us. */
#define STOP_MS 30000
/* All is over then, or never. */
#define PATIENCE_MS 60000
/* A longer end is explained. */
#define NOTICE_MS 1000
#define NAMED_MAX 5

struct ending {
    struct cli *c;
    const struct rundir *rundir;
    pid_t pid;
    int pidfd;
    bool is_leftover; /* there is no yon up any more, which would urge it */
    bool is_told;
};

static int fail_system(const struct ending *e)
{
    return cli_fail(e->c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                    "process %d: %s", (int)e->pid, strerror(errno));
}

/* ---- what it waits for ---- */

struct still_running {
    struct buf names;
    unsigned n;
};

static void on_jobs(void *arg, const struct op *op, bool last)
{
    struct still_running *r = arg;

    (void)last;
    if (op->type != OP_LIST_REPLY)
        return;
    for (size_t i = 0; i < op->u.list_reply.jobs.n; i++) {
        const struct jobinfo *info = &op->u.list_reply.jobs.at[i];

        if (info->counts.running == 0 || r->n++ >= NAMED_MAX)
            continue;
        buf_addf(&r->names, r->names.len > 0 ? ", " : "");
        job_add_title(&r->names, info);
    }
    if (r->n > NAMED_MAX)
        buf_addf(&r->names, " ...");
}

/* The coordinator ends last, and can be asked until then. */
static void find_running_await(const struct rundir *rundir,
                               struct still_running *r)
{
    struct op op = { .type = OP_LIST,
                     .u.list = { .what = LIST_RECENT, .limit = 1 } };
    yon_client *client;
    yon_future *f;

    if (yon_connect(rundir->server, &client) != 0)
        return;
    yon_set_patience(client, NOTICE_MS);
    f = request_new(client, &op, on_jobs, r);
    (void)yon_await_for(f, NOTICE_MS);
    yon_free(f);
    yon_close(client);
}

static void tell_await(struct ending *e)
{
    struct still_running r = { 0 };

    if (e->is_told || e->c->quiet)
        return;
    e->is_told = true;
    find_running_await(e->rundir, &r);
    if (r.n > 0)
        cli_say(e->c,
                "yon: waiting for what runs: %s; after %d s it is killed, and "
                "starts again with the next yon up",
                buf_text(&r.names), STOP_MS / 1000);
    else
        cli_say(e->c,
                "yon: waiting for its processes to end; after %d s they are "
                "killed",
                STOP_MS / 1000);
    cli_say(e->c, "     at once: yon down again");
    buf_fini(&r.names);
}

/* ---- the end ---- */

/* 1: it has ended; 0: not within ms; -1: errno. */
static int wait_for(const struct ending *e, int64_t ms)
{
    struct pollfd poll_fd = { .fd = e->pidfd, .events = POLLIN };
    int n;

    do
        n = poll(&poll_fd, 1, ms > INT32_MAX ? INT32_MAX : (int)ms);
    while (n < 0 && errno == EINTR);
    return n;
}

/* At their second SIGTERM workers kill what runs. */
static void urge(const struct ending *e)
{
    cli_say(e->c, "yon: what still runs is killed");
    if (e->is_leftover)
        (void)pidfd_send_signal(e->pidfd, SIGTERM, NULL, 0);
}

static int wait_until_gone_await(struct ending *e)
{
    const int64_t steps_ms[] = { NOTICE_MS, STOP_MS, PATIENCE_MS };
    int64_t end_ms = options_duration(&e->c->options, OPT_TIMEOUT, PATIENCE_MS);
    int64_t now_ms = 0;

    for (size_t i = 0; i < ARRAY_LEN(steps_ms) && now_ms < end_ms; i++) {
        bool is_last = i + 1 == ARRAY_LEN(steps_ms) || steps_ms[i] >= end_ms;
        int64_t until_ms = is_last ? end_ms : steps_ms[i];
        int n = wait_for(e, until_ms - now_ms);

        if (n != 0)
            return n > 0 ? EXITS_DONE : fail_system(e);
        now_ms = until_ms;
        if (now_ms < end_ms && i == 0)
            tell_await(e);
        else if (now_ms < end_ms)
            urge(e);
    }
    return cli_fail(e->c, (struct fault){ EXITS_TIMEOUT, ERR_TIMEOUT, "" },
                    "process %d was told to end, but is still running",
                    (int)e->pid);
}

static int end_process_await(struct ending *e, pid_t pid)
{
    int code;

    e->pid = pid;
    e->pidfd = pidfd_open(pid, 0);
    if (e->pidfd < 0 && errno == ESRCH)
        return EXITS_DONE; /* it ended in this moment */
    if (e->pidfd < 0)
        return fail_system(e);
    if (pidfd_send_signal(e->pidfd, SIGTERM, NULL, 0) != 0 && errno != ESRCH)
        code = fail_system(e);
    else
        code = wait_until_gone_await(e);
    close(e->pidfd);
    return code;
}

/* End the leftovers of a killed yon up: workers first, as it would have done.
 */
static int end_leftovers_await(struct ending *e)
{
    struct runners left;
    int code = EXITS_DONE;

    e->is_leftover = true;
    runners_find(e->rundir->server, &left);
    if (runners_are_none(&left))
        return rundir_fail_nothing(e->c, e->rundir->dir);
    for (size_t i = 0; i < left.n_workers && code == EXITS_DONE; i++)
        code = end_process_await(e, left.workers[i]);
    if (code == EXITS_DONE && left.yond != 0)
        code = end_process_await(e, left.yond);
    rundir_remove_socket(e->rundir);
    return code;
}

int cmd_down(struct cli *c)
{
    struct rundir rundir;
    struct ending e = { .c = c, .rundir = &rundir };
    pid_t pid = 0;
    int code;

    code = cli_no_args(c);
    if (code != EXITS_DONE)
        return code;
    code = rundir_find(c, &rundir);
    if (code == EXITS_DONE)
        code = rundir_runner(c, &rundir, &pid);
    if (code == EXITS_DONE)
        code = pid != 0 ? end_process_await(&e, pid) : end_leftovers_await(&e);
    if (code == EXITS_DONE)
        cli_say(c, "stopped what ran in %s; its jobs and results are kept",
                rundir.dir);
    rundir_fini(&rundir);
    return code;
}
