/* SPDX-License-Identifier: MIT */
/* reaper - a process that watches others to their end, and its children, as the
 * kernel lists them.
 */
#include "worker/shell/exec/reaper.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "worker/shell/exec/procstat.h"

#define READ_LEN 4096

/* For the handler, which has no argument. */
static volatile sig_atomic_t is_alone;

static void noticed(int signo)
{
    if (signo == SIGHUP)
        is_alone = 1;
}

/* Handlers only run within reaper_wait. Nothing is ignored: programs would
 * inherit that. */
static void set_signals(void)
{
    struct sigaction action = { .sa_handler = noticed };
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    for (int signo = 1; signo < NSIG; signo++)
        signal(signo, SIG_DFL);
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

void reaper_begin(const char *name, pid_t parent)
{
    set_signals();
    prctl(PR_SET_NAME, name);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_PDEATHSIG, SIGHUP);
    if (getppid() != parent)
        is_alone = 1; /* it died before that */
}

bool reaper_wait(int sock, int ms)
{
    struct pollfd fd = { .fd = sock, .events = POLLIN };
    struct timespec limit = { .tv_sec = ms / 1000,
                              .tv_nsec = ms % 1000 * 1000000L };
    sigset_t all_but_ours;

    sigfillset(&all_but_ours);
    sigdelset(&all_but_ours, SIGCHLD);
    sigdelset(&all_but_ours, SIGHUP);
    return ppoll(&fd, 1, ms < 0 ? NULL : &limit, &all_but_ours) > 0;
}

bool reaper_is_alone(void)
{
    return is_alone != 0;
}

/* ---- children ---- */

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

static size_t each(reaper_spare_fn *spare, void *arg, bool strike)
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

size_t reaper_count_children(reaper_spare_fn *spare, void *arg)
{
    return each(spare, arg, false);
}

size_t reaper_kill_children(reaper_spare_fn *spare, void *arg)
{
    return each(spare, arg, true);
}
