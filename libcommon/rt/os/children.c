/* SPDX-License-Identifier: MIT */
/* children - the children of this process, as the kernel lists them. */
#include "libcommon/rt/os/children.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/rt/os/procstat.h"

#define READ_LEN 4096

/* Numbers, each with a blank behind it. False: this kernel has no such list. */
static bool read_list(struct buf *out)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    while ((n = read(fd, buf_room(out, READ_LEN), READ_LEN)) > 0)
        out->len += (size_t)n;
    close(fd);
    return true;
}

static bool is_ours(const char *pid)
{
    struct procstat p;

    return procstat_read(strtol(pid, NULL, 10), &p) && p.parent == getpid();
}

/* The same, found among all processes of the machine. */
static bool scan(struct buf *out)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;

    if (dir == NULL)
        return false;
    while ((entry = readdir(dir)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
            is_ours(entry->d_name))
            buf_addf(out, "%s ", entry->d_name);
    closedir(dir);
    return true;
}

/* A session that is not ours was made by a descendant of ours, so all processes
 * in that group are descendants, too. */
static void kill_one(pid_t pid)
{
    pid_t group = getpgid(pid);

    if (group > 1 && getsid(pid) != getsid(0))
        kill(-group, SIGKILL);
    ASSERT(pid > 1);
    kill(pid, SIGKILL);
}

static size_t each(children_spare_fn *spare, void *arg, bool strike)
{
    struct buf list = { 0 };
    size_t n = 0;
    char *at;

    if (!read_list(&list) && !scan(&list))
        return 1;
    buf_add(&list, "", 1);
    at = (char *)list.data;
    for (pid_t pid; (pid = (pid_t)strtol(at, &at, 10)) > 0;) {
        if (spare != NULL && spare(arg, pid))
            continue;
        if (strike)
            kill_one(pid);
        n++;
    }
    buf_fini(&list);
    return n;
}

size_t children_count(children_spare_fn *spare, void *arg)
{
    return each(spare, arg, false);
}

size_t children_kill(children_spare_fn *spare, void *arg)
{
    return each(spare, arg, true);
}
