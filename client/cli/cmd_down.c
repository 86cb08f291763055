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
#include "client/cli/rundir.h"
#include "client/cli/runners.h"

/* yon up itself kills what has not ended after 30 s and some. */
#define PATIENCE_MS 60000

static int fail_system(const struct cli *c, pid_t pid)
{
    return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_SYSTEM, "" },
                    "process %d: %s", (int)pid, strerror(errno));
}

static int wait_until_gone(const struct cli *c, int pidfd, pid_t pid)
{
    int64_t ms = options_duration(&c->options, OPT_TIMEOUT, PATIENCE_MS);
    struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };
    int n;

    do
        n = poll(&poll_fd, 1, ms > INT32_MAX ? INT32_MAX : (int)ms);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return fail_system(c, pid);
    if (n == 0)
        return cli_fail(c, (struct fault){ EXITS_TIMEOUT, ERR_TIMEOUT, "" },
                        "process %d was told to end, but is still running",
                        (int)pid);
    return EXITS_DONE;
}

static int end_process(const struct cli *c, pid_t pid)
{
    int pidfd = pidfd_open(pid, 0);
    int code;

    if (pidfd < 0 && errno == ESRCH)
        return EXITS_DONE; /* it ended in this moment */
    if (pidfd < 0)
        return fail_system(c, pid);
    if (pidfd_send_signal(pidfd, SIGTERM, NULL, 0) != 0 && errno != ESRCH)
        code = fail_system(c, pid);
    else
        code = wait_until_gone(c, pidfd, pid);
    close(pidfd);
    return code;
}

/* End the leftovers of a killed yon up: workers first, as it would have done.
 */
static int end_leftovers(const struct cli *c, const struct rundir *rundir)
{
    struct runners left;
    int code = EXITS_DONE;

    runners_find(rundir->server, &left);
    if (runners_are_none(&left))
        return rundir_fail_nothing(c, rundir->dir);
    for (size_t i = 0; i < left.n_workers && code == EXITS_DONE; i++)
        code = end_process(c, left.workers[i]);
    if (code == EXITS_DONE && left.yond != 0)
        code = end_process(c, left.yond);
    rundir_remove_socket(rundir);
    return code;
}

int cmd_down(struct cli *c)
{
    struct rundir rundir;
    pid_t pid = 0;
    int code;

    code = cli_no_args(c);
    if (code != EXITS_DONE)
        return code;
    code = rundir_find(c, &rundir);
    if (code == EXITS_DONE)
        code = rundir_runner(c, &rundir, &pid);
    if (code == EXITS_DONE)
        code = pid != 0 ? end_process(c, pid) : end_leftovers(c, &rundir);
    if (code == EXITS_DONE)
        cli_say(c, "stopped what ran in %s; its jobs and results are kept",
                rundir.dir);
    rundir_fini(&rundir);
    return code;
}
