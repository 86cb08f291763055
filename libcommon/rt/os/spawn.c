/* SPDX-License-Identifier: MIT */
/* spawn - posix_spawn, its search of PATH, and what its errors mean. */
#include "libcommon/rt/os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/mem.h"

#define STANDARD_FDS 3

/* ---- where the program is ---- */

static const char *path_of(const char *const *envp)
{
    static const char name[] = "PATH=";

    for (; *envp != NULL; envp++)
        if (strncmp(*envp, name, sizeof name - 1) == 0)
            return *envp + sizeof name - 1;
    return NULL;
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           access(path, X_OK) == 0;
}

/* Look a name up in the PATH that the program will have, from the folder that
 * it will be in; where that is unknown, only folders that are absolute are
 * searched. NULL: it is nowhere. The caller frees. */
static char *look_up(const char *name, const char *path, const char *cwd)
{
    struct buf full = { 0 };
    char *found = NULL;

    while (path != NULL && found == NULL) {
        size_t len = strcspn(path, ":");

        buf_clear(&full);
        if (path[0] != '/' && cwd != NULL)
            buf_addf(&full, len > 0 ? "%s/" : "%s", cwd);
        buf_add(&full, path, len);
        buf_addf(&full, "/%s", name);
        if (buf_text(&full)[0] == '/' && is_program(buf_text(&full)))
            found = xstrdup(buf_text(&full));
        path = path[len] == ':' ? path + len + 1 : NULL;
    }
    buf_fini(&full);
    return found;
}

enum err spawn_find(const struct spawn *what, char **out, char *errmsg)
{
    const char *name = what->argv[0];
    const char *path = path_of(what->envp);

    if (name == NULL || name[0] == '\0')
        return err_set(errmsg, ERR_ABSENT,
                       "cannot start a program whose name is empty");
    *out = strchr(name, '/') != NULL ? xstrdup(name)
                                     : look_up(name, path, what->cwd);
    if (*out == NULL)
        return err_set(
            errmsg, ERR_ABSENT,
            "cannot start \"%.80s\": no such program in PATH=%.120s%s", name,
            path == NULL ? "" : path,
            path != NULL && strlen(path) > 120 ? "..." : "");
    return ERR_NONE;
}

/* ---- what went wrong ---- */

enum err spawn_error(int error)
{
    switch (error) {
    case EAGAIN:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ETOOMANYREFS: /* descriptors on their way through sockets */
        return ERR_BUSY;
    default:
        return ERR_SYSTEM;
    }
}

/* What there is at the path, as the program's folder sees it. */
static bool look_at(const char *path, const char *cwd, struct stat *st)
{
    struct buf full = { 0 };
    bool found;

    if (path[0] != '/' && cwd != NULL)
        buf_addf(&full, "%s/", cwd);
    buf_addf(&full, "%s", path);
    found = stat(buf_text(&full), st) == 0;
    buf_fini(&full);
    return found;
}

/* Of a program that is there; NULL: the errno says enough. */
static const char *why_not(const struct stat *st, int error)
{
    if (error == ENOENT)
        return "what its #! line names is not there";
    if (error == EACCES && S_ISDIR(st->st_mode))
        return "it is a folder";
    if (error == EACCES && (st->st_mode & 0111) == 0)
        return "it may not be run; chmod +x makes it so";
    return NULL;
}

/* posix_spawn has one errno for all that can fail in the new process. */
enum err spawn_explain(const struct spawn *what, const char *path, int error,
                       char *errmsg)
{
    const char *name = what->argv[0], *cwd = what->cwd;
    struct stat st;

    if (cwd != NULL && stat(cwd, &st) != 0)
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\" in %.100s: %s on this machine",
                       name, cwd, strerror(errno));
    if (cwd != NULL && (!S_ISDIR(st.st_mode) || access(cwd, X_OK) != 0))
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\" in %.100s: not a folder that "
                       "this process may enter",
                       name, cwd);
    if (error == ENOEXEC)
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\": not a program for this "
                       "machine, or a script without a #! line: as in sh "
                       "%.80s",
                       name, name);
    if (error == E2BIG)
        return err_set(errmsg, ERR_SYSTEM,
                       "cannot start \"%.80s\": its arguments are too long for "
                       "the kernel",
                       name);
    if (look_at(path, cwd, &st) && why_not(&st, error) != NULL)
        return err_set(errmsg, ERR_SYSTEM, "cannot start \"%.80s\": %s", name,
                       why_not(&st, error));
    return err_set(errmsg, error == ENOENT ? ERR_ABSENT : spawn_error(error),
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
    posix_spawnattr_setflags(attr,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* In this order: the others are closed when they have been used. */
static int set_actions(posix_spawn_file_actions_t *acts,
                       const struct spawn *what)
{
    int error = 0;

    for (int i = 0; i < STANDARD_FDS && error == 0; i++)
        if (what->fds[i] >= 0)
            error = posix_spawn_file_actions_adddup2(acts, what->fds[i], i);
    for (size_t i = 0; i < what->n_more && error == 0; i++)
        error = posix_spawn_file_actions_adddup2(acts, what->more[i],
                                                 STANDARD_FDS + (int)i);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(
            acts, STANDARD_FDS + (int)what->n_more);
    if (error == 0 && what->cwd != NULL)
        error = posix_spawn_file_actions_addchdir_np(acts, what->cwd);
    return error;
}

static int start(const struct spawn *what, const char *path, pid_t *pid)
{
    posix_spawn_file_actions_t acts;
    posix_spawnattr_t attr;
    int error;

    posix_spawnattr_init(&attr);
    posix_spawn_file_actions_init(&acts);
    set_attributes(&attr);
    error = set_actions(&acts, what);
    if (error == 0) /* which changes neither list */
        error = posix_spawn(pid, path, &acts, &attr, (char *const *)what->argv,
                            (char *const *)what->envp);
    posix_spawn_file_actions_destroy(&acts);
    posix_spawnattr_destroy(&attr);
    return error;
}

enum err spawn_plain(const struct spawn *what, pid_t *pid, char *errmsg)
{
    char *path = NULL;
    enum err err = spawn_find(what, &path, errmsg);
    int error;

    if (err != ERR_NONE)
        return err;
    error = start(what, path, pid);
    if (error != 0)
        err = spawn_explain(what, path, error, errmsg);
    free(path);
    return err;
}

/* ---- descriptors for it ---- */

/* One of ours may have been closed: then a new one takes its number, and would
 * be overwritten in the program before it is used. */
int spawn_raise_fd(int *fd)
{
    int old = *fd;

    if (old >= STANDARD_FDS)
        return 0;
    *fd = fcntl(old, F_DUPFD_CLOEXEC, STANDARD_FDS);
    close(old);
    return *fd < 0 ? errno : 0;
}

int spawn_pipe(int fds[2])
{
    int error;

    if (pipe2(fds, O_CLOEXEC) != 0) {
        fds[0] = fds[1] = -1;
        return errno;
    }
    error = spawn_raise_fd(&fds[0]);
    return error != 0 ? error : spawn_raise_fd(&fds[1]);
}

int spawn_null(int *fd)
{
    *fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return *fd < 0 ? errno : spawn_raise_fd(fd);
}
