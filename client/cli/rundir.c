/* SPDX-License-Identifier: MIT */
/* rundir - the directory of one `yon up`: socket, database, logs, lock. */
#include "client/cli/rundir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/cli/runners.h"
#include "client/cli/text.h"
#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/zmq/address.h"

void rundir_fini(struct rundir *r)
{
    free(r->dir);
    free(r->server);
    free(r->db);
    free(r->log_dir);
    free(r->legacy);
    if (r->lock_fd >= 0)
        close(r->lock_fd);
    *r = (struct rundir){ .lock_fd = -1 };
}

static int fail_path(const struct cli *c, const char *path, int error)
{
    struct fault fault = { EXITS_FAILED, ERR_SYSTEM, "" };

    if (error == EACCES || error == EPERM || error == EROFS)
        snprintf(fault.hint, sizeof fault.hint,
                 "choose a directory that you may write to: --dir DIR, or "
                 "YON_DIR");
    if (error == ENOSPC || error == EDQUOT)
        snprintf(fault.hint, sizeof fault.hint,
                 "make room there, or choose another directory: --dir DIR");
    return cli_fail(c, fault, "%s: %s", path, strerror(error));
}

static char *join(const char *prefix, const char *dir, const char *name)
{
    struct buf b = { 0 };
    char *text;

    buf_addf(&b, "%s%s/%s", prefix, dir, name);
    text = xstrdup(buf_text(&b));
    buf_fini(&b);
    return text;
}

/* The directory as it was typed. */
static int named(const struct cli *c, char **out)
{
    const char *dir = options_text(&c->options, OPT_DIR, getenv("YON_DIR"));
    char errmsg[ERRMSG_LEN];

    if (dir != NULL && *dir != '\0') {
        *out = xstrdup(dir);
        return EXITS_DONE;
    }
    if (address_directory(out, errmsg) == ERR_NONE)
        return EXITS_DONE;
    return cli_usage(c, "%s", errmsg);
}

/* mkdir -p, with 0700 for what is made. Returns an errno. */
static int make_path(char *path)
{
    for (char *at = path + 1; *at != '\0'; at++) {
        int bad;

        if (*at != '/')
            continue;
        *at = '\0';
        bad = mkdir(path, 0700) != 0 && errno != EEXIST ? errno : 0;
        *at = '/';
        if (bad != 0)
            return bad;
    }
    return mkdir(path, 0700) != 0 && errno != EEXIST ? errno : 0;
}

/* Before anything is made: the kernel takes only short paths of sockets. */
static int check_length(const struct cli *c, const char *dir)
{
    char cwd[PATH_MAX] = "";
    size_t len = strlen(dir) + strlen("/yond.sock");

    if (dir[0] != '/' && getcwd(cwd, sizeof cwd) != NULL)
        len += strlen(cwd) + 1;
    if (len <= ADDRESS_PATH_MAX)
        return EXITS_DONE;
    return cli_fail(c,
                    (struct fault){ EXITS_FAILED, ERR_RANGE,
                                    "choose a shorter one with --dir" },
                    "%s is too long: the path of its socket has %zu "
                    "bytes, the system allows %d",
                    dir, len, ADDRESS_PATH_MAX);
}

/* The names inside the directory, which exists. */
static int fill(const struct cli *c, const char *typed, struct rundir *r)
{
    char path[PATH_MAX];

    if (realpath(typed, path) == NULL)
        return fail_path(c, typed, errno);
    r->dir = xstrdup(path);
    r->server = join("ipc://", path, "yond.sock");
    r->db = join("", path, "yon.db");
    r->log_dir = join("", path, "log");
    r->legacy = join("", path, "worker.legacy");
    return check_length(c, path); /* symbolic links may lengthen it */
}

/* Another user who may write there could plant a database or a socket. */
static int check_private(const struct cli *c, const struct rundir *r)
{
    struct stat st;

    if (stat(r->dir, &st) != 0)
        return fail_path(c, r->dir, errno);
    if (!S_ISDIR(st.st_mode))
        return fail_path(c, r->dir, ENOTDIR);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return cli_fail(c,
                        (struct fault){ EXITS_FAILED, ERR_REFUSED,
                                        "give it a folder of its own: --dir "
                                        "DIR" },
                        "%s is writable by others", r->dir);
    return EXITS_DONE;
}

int rundir_make(const struct cli *c, struct rundir *r)
{
    char *typed = NULL;
    int code = named(c, &typed), bad;

    *r = (struct rundir){ .lock_fd = -1 };
    if (code == EXITS_DONE)
        code = check_length(c, typed);
    if (code == EXITS_DONE && (bad = make_path(typed)) != 0)
        code = fail_path(c, typed, bad);
    if (code == EXITS_DONE)
        code = fill(c, typed, r);
    if (code == EXITS_DONE)
        code = check_private(c, r);
    if (code == EXITS_DONE && mkdir(r->log_dir, 0700) != 0 && errno != EEXIST)
        code = fail_path(c, r->log_dir, errno);
    free(typed);
    return code;
}

int rundir_fail_nothing(const struct cli *c, const char *dir)
{
    return cli_fail(c, (struct fault){ EXITS_ABSENT, ERR_ABSENT, "" },
                    "nothing is running in %s", dir);
}

int rundir_find(const struct cli *c, struct rundir *r)
{
    char *typed = NULL;
    int code = named(c, &typed);

    *r = (struct rundir){ .lock_fd = -1 };
    if (code == EXITS_DONE && access(typed, F_OK) != 0)
        code = rundir_fail_nothing(c, typed);
    if (code == EXITS_DONE)
        code = fill(c, typed, r);
    free(typed);
    return code;
}

static int open_lock(const struct cli *c, struct rundir *r, int flags)
{
    char *path = join("", r->dir, "yon.pid");
    int code = EXITS_DONE;

    r->lock_fd = open(path, flags | O_CLOEXEC, 0600);
    if (r->lock_fd < 0 && errno != ENOENT)
        code = fail_path(c, path, errno);
    free(path);
    return code;
}

static pid_t read_pid(int fd)
{
    char text[16] = "";

    if (pread(fd, text, sizeof text - 1, 0) <= 0)
        return 0;
    return (pid_t)strtol(text, NULL, 10);
}

static int fail_runs(const struct cli *c, const struct rundir *r,
                     const char *what, pid_t pid)
{
    struct fault fault = { EXITS_FAILED, ERR_EXISTS, "" };
    struct buf dir = { 0 };

    text_add_shellword(&dir, view_str(r->dir));
    snprintf(fault.hint, sizeof fault.hint,
             "stop it with: yon down --dir %.200s", buf_text(&dir));
    buf_fini(&dir);
    return cli_fail(c, fault, "%s in %s (process %d)", what, r->dir, (int)pid);
}

/* Another coordinator would answer in the place of ours. */
static int check_socket(const struct cli *c, const struct rundir *r)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = r->server + strlen("ipc://");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_served;

    if (fd < 0)
        return fail_path(c, path, errno);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    is_served = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    if (!is_served)
        return EXITS_DONE;
    return cli_fail(c,
                    (struct fault){ EXITS_FAILED, ERR_EXISTS,
                                    "end that one, or choose another directory "
                                    "with --dir" },
                    "%s is served by another process", path);
}

int rundir_lock(const struct cli *c, struct rundir *r)
{
    struct runners left;
    int code;

    ASSERT(r->dir != NULL && r->lock_fd < 0);
    code = open_lock(c, r, O_RDWR | O_CREAT);
    if (code != EXITS_DONE)
        return code;
    if (flock(r->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return fail_runs(c, r, "yon up is already running",
                         read_pid(r->lock_fd));
    runners_find(r->server, &left);
    if (runners_are_none(&left))
        return check_socket(c, r);
    return fail_runs(c, r, "what a killed yon up started is still running",
                     left.yond != 0 ? left.yond : left.workers[0]);
}

void rundir_sign(const struct rundir *r)
{
    ASSERT(r->lock_fd >= 0);
    /* The lock counts; without the number only `yon down` does not work. */
    if (ftruncate(r->lock_fd, 0) != 0 ||
        dprintf(r->lock_fd, "%d\n", (int)getpid()) < 0)
        fprintf(stderr, "yon: %s/yon.pid: %s\n", r->dir, strerror(errno));
}

void rundir_remove_socket(const struct rundir *r)
{
    ASSERT(strncmp(r->server, "ipc://", strlen("ipc://")) == 0);
    (void)unlink(r->server + strlen("ipc://"));
}

int rundir_runner(const struct cli *c, struct rundir *r, pid_t *pid)
{
    int code = open_lock(c, r, O_RDONLY);

    *pid = 0;
    if (code != EXITS_DONE)
        return code;
    if (r->lock_fd < 0 || flock(r->lock_fd, LOCK_SH | LOCK_NB) == 0)
        return EXITS_DONE;
    *pid = read_pid(r->lock_fd);
    if (*pid > 1)
        return EXITS_DONE;
    return cli_fail(c, (struct fault){ EXITS_FAILED, ERR_FORMAT, "" },
                    "%s/yon.pid holds no process id", r->dir);
}

bool rundir_is_default(const struct rundir *r)
{
    char path[PATH_MAX], errmsg[ERRMSG_LEN];
    const char *env = getenv("YON_DIR");
    char *dir = NULL;
    bool is_same = false;

    if (getenv("YON_SERVER") != NULL)
        return false;
    if (env != NULL && *env != '\0')
        dir = xstrdup(env);
    else
        (void)address_directory(&dir, errmsg);
    if (dir != NULL && realpath(dir, path) != NULL)
        is_same = strcmp(path, r->dir) == 0;
    free(dir);
    return is_same;
}
