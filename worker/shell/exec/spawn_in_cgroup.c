/* SPDX-License-Identifier: MIT */
/* spawn_in_cgroup - start a program that dies with this process, in a cgroup.
 */
#include "worker/shell/exec/spawn_in_cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/shell/exec/fork_in_cgroup.h"

struct spawn_child {
    const struct spawn *what;
    const struct spawn_place *place;
    const char *path;
    pid_t parent;
    int tell; /* the errno of what failed goes here; closed by exec */
};

/* ---- in the new process, which may share our memory ---- */

static void signals_as_new(void)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    sigset_t none;

    /* Those that have a handler here must not run it there. */
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int prepare(const struct spawn_child *c)
{
    for (int i = 0; i <= STDERR_FILENO; i++)
        if (c->what->fds[i] >= 0 && dup2(c->what->fds[i], i) < 0)
            return errno;
    if (c->what->cwd != NULL && chdir(c->what->cwd) != 0)
        return errno;
    if (c->place->umask >= 0)
        umask((mode_t)c->place->umask);
    rlimits_apply(c->place->limits);
    return 0;
}

static void become(void *arg)
{
    const struct spawn_child *c = arg;
    int error;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != c->parent)
        _exit(1); /* it died before that */
    setsid();
    signals_as_new();
    error = prepare(c);
    if (error == 0) {
        execve(c->path, (char *const *)c->what->argv,
               (char *const *)c->what->envp);
        error = errno;
    }
    if (write(c->tell, &error, sizeof error) < 0)
        _exit(2);
    _exit(1);
}

/* ---- here ---- */

/* Returns 0 or an errno. */
static int start(struct spawn_child *c, pid_t *out)
{
    int cgroup = c->place->cgroup;
    int tell[2], error = 0;
    volatile pid_t pid;

    if (pipe2(tell, O_CLOEXEC) != 0)
        return errno;
    c->tell = tell[1];
    pid = cgroup < 0 ? vfork() : fork_in_cgroup(cgroup, become, c);
    if (pid == 0)
        become(c);
    if (pid < 0)
        error = errno;
    close(tell[1]);
    if (pid > 0 && read(tell[0], &error, sizeof error) > 0)
        waitpid(pid, NULL, 0);
    close(tell[0]);
    *out = pid;
    return error;
}

enum err spawn_in_cgroup(const struct spawn *what,
                         const struct spawn_place *place, pid_t *pid,
                         char *errmsg)
{
    char *path = NULL;
    enum err err = spawn_find(what, &path, errmsg);
    struct spawn_child c = {
        .what = what, .place = place, .path = path, .parent = getpid()
    };
    int error;

    if (err != ERR_NONE)
        return err;
    error = start(&c, pid);
    if (error != 0)
        err = spawn_explain(what, path, error, errmsg);
    free(path);
    return err;
}
