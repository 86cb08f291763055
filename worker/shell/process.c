/* SPDX-License-Identifier: MIT */
/* process - start a program as a process. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "launch.h"

/* Only our end does not block: a program may not know how to handle that. */
static int open_pipe(int fds[2])
{
    int error = launch_pipe(fds);

    if (error == 0)
        ASSERT(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    return error;
}

static void close_all(const int *fds, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

enum err process_start(const struct program *program, struct process *out,
                       char *errmsg)
{
    struct launch what = { .argv = (const char *const *)program->argv,
                           .envp = (const char *const *)program->envp,
                           .cwd = program->cwd,
                           .own_session = true };
    int null = -1, out_pipe[2] = { -1, -1 }, err_pipe[2] = { -1, -1 };
    int error = launch_null(&null);
    enum err err;

    if (error == 0)
        error = open_pipe(out_pipe);
    if (error == 0)
        error = open_pipe(err_pipe);
    if (error != 0) {
        err = err_set(errmsg, ERR_SYSTEM, "cannot start \"%.80s\": %s",
                      program->argv[0], strerror(error));
        goto out;
    }
    what.fds[STDIN_FILENO] = null;
    what.fds[STDOUT_FILENO] = out_pipe[1];
    what.fds[STDERR_FILENO] = err_pipe[1];
    err = launch(&what, &out->pid, errmsg);
    if (err != ERR_NONE)
        goto out;
    out->out = out_pipe[0];
    out->err = err_pipe[0];
    out_pipe[0] = err_pipe[0] = -1; /* owned by *out */
out:
    close_all(&null, 1);
    close_all(out_pipe, 2);
    close_all(err_pipe, 2);
    return err;
}
