/* SPDX-License-Identifier: MIT */
/* sweep - kills what dead workers have left. */
#include "worker/shell/exec/sweep.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/buf.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"
#include "libcommon/rt/os/procstat.h"

#define READ_LEN 4096
#define MARK_LEN 64
/* A killed process starts nothing, so all are gone when the kernel is done;
 * only a dead disk can hold them for ever. */
#define PATIENCE_MS 5000
#define PAUSE_NS 1000000

/* ---- marks ---- */

/* Start time, in clock ticks since the boot. 0: there is no such process, or it
 * is a zombie. */
static unsigned long long start_of(long pid)
{
    struct procstat p;

    if (!procstat_read(pid, &p) || p.state == 'Z' || p.state == 'X')
        return 0;
    return p.start;
}

/* The namespace of our process numbers; 0: unknown. */
static unsigned long long pid_namespace(void)
{
    struct stat st;

    return stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
}

/* Without /proc there is no mark. */
static void bear_mark(void)
{
    unsigned long long start = start_of(getpid());
    char mark[MARK_LEN];

    snprintf(mark, sizeof mark, "%llu.%d.%llu", pid_namespace(), (int)getpid(),
             start);
    if (start == 0)
        unsetenv(SWEEP_VARIABLE);
    else
        setenv(SWEEP_VARIABLE, mark, 1);
}

/* Numbers of another namespace say nothing here. */
static bool is_dead(const char *mark)
{
    unsigned long long namespace, start;
    int pid, end = 0;

    if (sscanf(mark, "%llu.%d.%llu%n", &namespace, &pid, &start, &end) != 3 ||
        mark[end] != '\0' || namespace != pid_namespace())
        return false;
    return start_of(pid) != start;
}

/* ---- processes ---- */

static void read_environment(const char *pid, struct buf *out)
{
    char path[64];
    ssize_t n;
    int fd;

    buf_clear(out);
    snprintf(path, sizeof path, "/proc/%.20s/environ", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((n = read(fd, buf_room(out, READ_LEN), READ_LEN)) > 0)
        out->len += (size_t)n;
    close(fd);
}

/* NULL: it has no mark. */
static const char *mark_of(const char *pid, struct buf *environment)
{
    static const char name[] = SWEEP_VARIABLE "=";
    const char *at, *end;

    read_environment(pid, environment);
    at = buf_text(environment);
    for (end = at + environment->len; at < end; at += strlen(at) + 1)
        if (strncmp(at, name, sizeof name - 1) == 0)
            return at + sizeof name - 1;
    return NULL;
}

static bool was_left(const char *pid, struct buf *environment)
{
    const char *mark = mark_of(pid, environment);
    const char *ours = getenv(SWEEP_VARIABLE);

    return mark != NULL && (ours == NULL || strcmp(mark, ours) != 0) &&
           is_dead(mark);
}

/* The number may be another process's by now, so the mark is read again once a
 * pidfd rules that out. Returns whether it was killed. */
static bool kill_left(const char *pid, struct buf *environment)
{
    bool killed = false;
    int fd;

    if (!was_left(pid, environment))
        return false;
    fd = (int)syscall(SYS_pidfd_open, atoi(pid), 0);
    if (fd < 0)
        return false;
    if (was_left(pid, environment))
        killed = syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
    close(fd);
    return killed;
}

/* Returns how many were killed. */
static size_t kill_round(void)
{
    DIR *dir = opendir("/proc");
    struct buf environment = { 0 };
    const struct dirent *entry;
    size_t n = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            n += kill_left(entry->d_name, &environment);
    if (dir != NULL)
        closedir(dir);
    buf_fini(&environment);
    return n;
}

void sweep_begin(void)
{
    struct timespec pause = { .tv_nsec = PAUSE_NS };
    int64_t end_ms = clock_boot_ms() + PATIENCE_MS;
    size_t n = kill_round();

    if (n > 0)
        log_line(TRACE_WARN, "leftovers-killed", "processes=%zu cause=%s", n,
                 "a worker was killed before it could end them");
    while (n > 0 && clock_boot_ms() < end_ms) {
        nanosleep(&pause, NULL);
        n = kill_round();
    }
    if (n > 0)
        log_line(TRACE_WARN, "leftovers-stay", "processes=%zu effect=%s", n,
                 "they were killed, and are not gone in time");
    bear_mark();
}
