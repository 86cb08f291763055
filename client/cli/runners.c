/* SPDX-License-Identifier: MIT */
/* runners - the processes that run for a directory of `yon up`. */
#include "client/cli/runners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "libcommon/buf.h"

#define CMDLINE_LEN 4096

/* The command line of a process, its words ended by NULs. Returns its length.
 */
static size_t read_cmdline(pid_t pid, char out[CMDLINE_LEN])
{
    char path[40];
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    len = read(fd, out, CMDLINE_LEN - 1);
    close(fd);
    if (len < 0)
        return 0;
    out[len] = '\0';
    return (size_t)len;
}

/* Whether the word behind `option` is `value`. */
static bool has_option(const char *words, size_t len, const char *option,
                       const char *value)
{
    const char *end = words + len;
    bool is_next = false;

    for (const char *at = words; at < end; at += strlen(at) + 1) {
        if (is_next && strcmp(at, value) == 0)
            return true;
        is_next = strcmp(at, option) == 0;
    }
    return false;
}

static bool is_program(const char *words, const char *name)
{
    const char *slash = strrchr(words, '/');

    return strcmp(slash != NULL ? slash + 1 : words, name) == 0;
}

static void look_at(pid_t pid, const char *server, struct runners *out)
{
    char words[CMDLINE_LEN];
    size_t len = read_cmdline(pid, words);

    if (len == 0)
        return;
    if (is_program(words, "yond") && has_option(words, len, "--listen", server))
        out->yond = pid;
    if (is_program(words, "yon-worker") && out->n_workers < RUNNERS_MAX &&
        has_option(words, len, "--server", server))
        out->workers[out->n_workers++] = pid;
}

void runners_find(const char *server, struct runners *out)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;

    out->n_workers = 0;
    out->yond = 0;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        long pid = strtol(entry->d_name, NULL, 10);

        if (pid > 0)
            look_at((pid_t)pid, server, out);
    }
    if (dir != NULL)
        closedir(dir);
}

bool runners_are_none(const struct runners *r)
{
    return r->n_workers == 0 && r->yond == 0;
}

bool runners_hold_lock(const char *socket_path)
{
    const char *slash = strrchr(socket_path, '/');
    struct buf path = { 0 };
    bool runs;
    int fd;

    if (slash == NULL)
        return false;
    buf_add(&path, socket_path, (size_t)(slash - socket_path));
    buf_addf(&path, "/yon.pid");
    fd = open(buf_text(&path), O_RDONLY | O_CLOEXEC);
    buf_fini(&path);
    if (fd < 0)
        return false;
    runs = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return runs;
}
