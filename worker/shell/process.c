/* SPDX-License-Identifier: MIT */
/* process - start a program as a process. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "mem.h"

/* ---- where the program is ---- */

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           access(path, X_OK) == 0;
}

/* Look argv[0] up in the PATH that the program will have. Folders that are not
 * absolute are not searched: the program starts in another one. NULL: it is
 * nowhere. The caller frees. */
static char *look_up(const struct program *p)
{
    const char *path = program_getenv(p, "PATH");
    struct buf full = { 0 };
    char *found = NULL;

    while (path != NULL && found == NULL) {
        size_t len = strcspn(path, ":");

        buf_clear(&full);
        buf_add(&full, path, len);
        buf_addf(&full, "/%s", p->argv[0]);
        if (path[0] == '/' && is_program(buf_text(&full)))
            found = xstrdup(buf_text(&full));
        path = path[len] == ':' ? path + len + 1 : NULL;
    }
    buf_fini(&full);
    return found;
}

static enum err find(const struct program *p, char **out, char *errmsg)
{
    const char *name = p->argv[0];
    const char *path = program_getenv(p, "PATH");

    if (name[0] == '\0')
        return err_set(errmsg, ERR_ABSENT,
                       "cannot start a program whose name "
                       "is empty");
    *out = strchr(name, '/') != NULL ? xstrdup(name) : look_up(p);
    if (*out == NULL)
        return err_set(errmsg, ERR_ABSENT,
                       "cannot start \"%.80s\": no such program in PATH=%.120s",
                       name, path == NULL ? "" : path);
    return ERR_NONE;
}

/* ---- what went wrong ---- */

/* posix_spawn has one errno for all that can fail in the new process. */
static enum err explain(const struct program *p, const char *path, int error,
                        char *errmsg)
{
    const char *name = p->argv[0];
    struct stat st;

    if (p->cwd != NULL && stat(p->cwd, &st) != 0)
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\" in %.100s: %s on this worker",
                       name, p->cwd, strerror(errno));
    if (p->cwd != NULL && (!S_ISDIR(st.st_mode) || access(p->cwd, X_OK) != 0))
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\" in %.100s: not a folder that "
                       "this worker may enter",
                       name, p->cwd);
    if (error == ENOEXEC)
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\": not a program for this "
                       "machine, or a script without a #! line",
                       name);
    if (error == E2BIG)
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\": its arguments are too long for "
                       "the kernel",
                       name);
    if (error == ENOENT && path[0] == '/' && access(path, F_OK) == 0)
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\": what its #! line names is not "
                       "there",
                       name);
    return err_set(errmsg, error == ENOENT ? ERR_ABSENT : ERR_SYSTEM,
                   "cannot start \"%.80s\": %s", name, strerror(error));
}

/* ---- starting it ---- */

static void set_attributes(posix_spawnattr_t *attr)
{
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setsigdefault(attr, &all);
    posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                       POSIX_SPAWN_SETSIGDEF);
}

/* In this order: the descriptors from 3 on are closed last. */
static int set_actions(posix_spawn_file_actions_t *acts, const char *cwd,
                       int out, int err)
{
    int error = posix_spawn_file_actions_addopen(acts, STDIN_FILENO,
                                                 "/dev/null", O_RDONLY, 0);

    if (error == 0)
        error = posix_spawn_file_actions_adddup2(acts, out, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(acts, err, STDERR_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(acts, 3);
    if (error == 0 && cwd != NULL)
        error = posix_spawn_file_actions_addchdir_np(acts, cwd);
    return error;
}

static int start(const struct program *p, const char *path, int out, int err,
                 pid_t *pid)
{
    posix_spawn_file_actions_t acts;
    posix_spawnattr_t attr;
    int error;

    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_init(&acts);
    set_attributes(&attr);
    error = set_actions(&acts, p->cwd, out, err);
    if (error == 0)
        error = posix_spawn(pid, path, &acts, &attr, p->argv, p->envp);
    posix_spawn_file_actions_destroy(&acts);
    posix_spawnattr_destroy(&attr);
    return error;
}

static void close_pipe(const int fds[2])
{
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

/* Only our end does not block: a program may not know how to handle that. */
static int open_pipe(int fds[2])
{
    if (pipe2(fds, O_CLOEXEC) != 0)
        return errno;
    ASSERT(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
    return 0;
}

enum err process_start(const struct program *program, struct process *out,
                       char *errmsg)
{
    int out_pipe[2] = { -1, -1 }, err_pipe[2] = { -1, -1 };
    char *path = NULL;
    int error = 0;
    enum err err = find(program, &path, errmsg);

    if (err != ERR_NONE)
        goto out;
    error = open_pipe(out_pipe);
    if (error == 0)
        error = open_pipe(err_pipe);
    if (error == 0)
        error = start(program, path, out_pipe[1], err_pipe[1], &out->pid);
    if (error != 0) {
        err = explain(program, path, error, errmsg);
        goto out;
    }
    out->out = out_pipe[0];
    out->err = err_pipe[0];
    out_pipe[0] = err_pipe[0] = -1; /* owned by *out */
out:
    close_pipe(out_pipe);
    close_pipe(err_pipe);
    free(path);
    return err;
}
