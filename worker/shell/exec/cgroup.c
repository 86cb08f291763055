/* SPDX-License-Identifier: MIT */
/* cgroup - cgroups (v2) for programs. */
#include "worker/shell/exec/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcommon/rt/os/cgroup_own.h"
#include "libcommon/rt/os/log.h"
#include "worker/shell/exec/fork_in_cgroup.h"

#define PREFIX "yon-shims-"
#define FOLDER O_RDONLY | O_DIRECTORY | O_CLOEXEC
#define EMPTY_WITHIN_MS 5000 /* after all in it were killed */

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- what dead workers left ---- */

static void kill_in(int dir)
{
    int fd = openat(dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, "1", 1) < 0)
        errno = 0; /* then it is not empty later, which tells */
    close_fd(&fd);
}

/* Its list of events begins with that. */
static bool is_populated(int events)
{
    char text[64] = "";

    return pread(events, text, sizeof text - 1, 0) > 0 &&
           strstr(text, "populated 0") == NULL;
}

static void wait_until_empty(int dir)
{
    int fd = openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC);
    struct pollfd change = { .fd = fd, .events = POLLPRI };

    while (fd >= 0 && is_populated(fd) &&
           poll(&change, 1, EMPTY_WITHIN_MS) > 0) {
    }
    close_fd(&fd);
}

/* With all below it. */
static void remove_folder(int above, const char *name)
{
    int fd = openat(above, name, FOLDER);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            remove_folder(fd, entry->d_name);
    if (dir != NULL)
        closedir(dir);
    unlinkat(above, name, AT_REMOVEDIR);
}

static void sweep_one(int above, const char *name)
{
    int dir = openat(above, name, FOLDER);

    if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) == 0) {
        log_line(TRACE_WARN, "leftovers-killed", "cgroup=%s cause=%s", name,
                 "a worker was killed before it could remove it");
        kill_in(dir);
        wait_until_empty(dir);
        remove_folder(above, name);
    }
    close_fd(&dir);
}

/* Units of systemd, such as yon-worker.service, may lie beside. */
static bool is_ours(const char *name)
{
    const char *number = name + strlen(PREFIX);

    return strncmp(name, PREFIX, strlen(PREFIX)) == 0 && number[0] != '\0' &&
           number[strspn(number, "0123456789")] == '\0';
}

static void sweep(int above)
{
    int fd = openat(above, ".", FOLDER);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (is_ours(entry->d_name))
            sweep_one(above, entry->d_name);
    if (dir != NULL)
        closedir(dir);
}

/* ---- the folder of a worker's process ---- */

void cgroup_root_none(struct cgroup_root *out)
{
    *out = (struct cgroup_root){ .above = -1, .dir = -1 };
}

static void end_at_once(void *arg)
{
    (void)arg;
    _exit(0);
}

/* The kernel can kill it as a whole, and lets us start a process in it. */
static bool is_usable(int dir)
{
    int status = -1;
    pid_t pid;

    if (faccessat(dir, "cgroup.kill", W_OK, 0) != 0)
        return false;
    pid = fork_in_cgroup(dir, end_at_once, NULL);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool make(struct cgroup_root *l)
{
    snprintf(l->name, sizeof l->name, PREFIX "%d", (int)getpid());
    if (mkdirat(l->above, l->name, 0755) != 0)
        return false;
    l->dir = openat(l->above, l->name, FOLDER);
    return l->dir >= 0 && flock(l->dir, LOCK_EX | LOCK_NB) == 0 &&
           is_usable(l->dir);
}

enum err cgroup_root_open(const char *where, struct cgroup_root *out,
                          char *errmsg)
{
    char own[CGROUP_OWN_LEN];
    size_t mount_len;
    int error;

    cgroup_root_none(out);
    if (where == NULL && !cgroup_own(own, &mount_len))
        return err_set(errmsg, ERR_ABSENT, "no cgroups of version 2 here");
    if (where == NULL)
        where = own;
    out->above = open(where, FOLDER);
    if (out->above < 0)
        return err_set(errmsg, ERR_SYSTEM, "%.180s: %s", where,
                       strerror(errno));
    /* Else another worker that starts would take ours for a leftover. */
    flock(out->above, LOCK_EX);
    sweep(out->above);
    errno = 0;
    if (make(out)) {
        flock(out->above, LOCK_UN);
        return ERR_NONE;
    }
    error = errno;
    cgroup_root_close(out);
    return err_set(errmsg, ERR_SYSTEM, "no cgroup can be made in %.150s: %s",
                   where, error == 0 ? "too old a kernel" : strerror(error));
}

void cgroup_root_let_go(struct cgroup_root *l)
{
    close_fd(&l->dir);
    close_fd(&l->above);
}

void cgroup_root_close(struct cgroup_root *l)
{
    if (l->dir >= 0)
        remove_folder(l->above, l->name);
    cgroup_root_let_go(l);
}

/* ---- a cgroup ---- */

static void cgroup_make(struct cgroup *l)
{
    if (l->above < 0 || mkdirat(l->above, l->name, 0755) != 0)
        return;
    l->dir = openat(l->above, l->name, FOLDER);
    if (l->dir >= 0)
        l->kill = openat(l->dir, "cgroup.kill", O_WRONLY | O_CLOEXEC);
    if (l->kill < 0)
        cgroup_close(l);
}

void cgroup_open(const struct cgroup_root *l, unsigned number,
                 struct cgroup *out)
{
    *out = (struct cgroup){ .dir = -1, .kill = -1, .above = l->dir };
    snprintf(out->name, sizeof out->name, "%u", number);
    cgroup_make(out);
}

void cgroup_renew(struct cgroup *l)
{
    cgroup_close(l);
    cgroup_make(l);
}

void cgroup_kill(const struct cgroup *l)
{
    if (l->kill >= 0 && write(l->kill, "1", 1) < 0)
        return; /* the shim kills its children one by one, too */
}

void cgroup_close(struct cgroup *l)
{
    if (l->dir >= 0)
        remove_folder(l->above, l->name);
    close_fd(&l->kill);
    close_fd(&l->dir);
}
