/* SPDX-License-Identifier: MIT */
/* child - a child process as a future, and what it said last. */
#include "client/cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/future.h"

#define LOG_TAIL_LEN 2048 /* where the last line of a log is looked for */

/* One reference is the user's, one the handle's. */
struct child_process {
    yon_future future; /* first */
    uv_process_t handle;
};

static void destroy(yon_future *f);

static const struct future_kind kind = {
    .name = "process",
    .destroy = destroy,
};

static struct child_process *child_of(yon_future *f)
{
    ASSERT(f->kind == &kind);
    return CONTAINER_OF(f, struct child_process, future);
}

static void destroy(yon_future *f)
{
    free(child_of(f));
}

static void on_close(uv_handle_t *handle)
{
    struct child_process *p = handle->data;

    future_unref(&p->future);
}

static void on_process_exit(uv_process_t *handle, int64_t status, int signal)
{
    struct child_process *p = handle->data;
    char text[40];

    if (signal > 0)
        snprintf(text, sizeof text, "signal %d", signal);
    else
        snprintf(text, sizeof text, "exit code %" PRId64, status);
    future_end(&p->future, status == 0 && signal == 0 ? ERR_NONE : ERR_FAILED,
               text);
    uv_close((uv_handle_t *)handle, on_close);
}

static enum err open_log(const char *path, int *fd, char *errmsg)
{
    *fd = STDERR_FILENO;
    if (path == NULL)
        return ERR_NONE;
    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_set(errmsg, ERR_SYSTEM, "%s: %s", path, strerror(errno));
    return ERR_NONE;
}

static int spawn(struct child_process *p, char *const *argv, int err_fd,
                 int pass_fd)
{
    uv_stdio_container_t stdio[] = {
        { .flags = UV_IGNORE },
        { .flags = UV_INHERIT_FD, .data.fd = err_fd },
        { .flags = UV_INHERIT_FD, .data.fd = err_fd },
        { .flags = UV_INHERIT_FD, .data.fd = pass_fd },
    };
    _Static_assert(CHILD_FD == ARRAY_LEN(stdio) - 1, "behind stderr");
    uv_process_options_t options = {
        .exit_cb = on_process_exit,
        .file = argv[0],
        .args = (char **)(uintptr_t)argv,
        .flags = UV_PROCESS_DETACHED, /* Ctrl-C is ours alone */
        .stdio_count = pass_fd < 0 ? CHILD_FD : CHILD_FD + 1,
        .stdio = stdio,
    };

    return uv_spawn(loop_uv(loop_current()), &p->handle, &options);
}

char *child_program(const char *name)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    struct buf b = { 0 };
    char *text, *slash;

    path[len > 0 ? len : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash != NULL)
        buf_addf(&b, "%.*s/%s", (int)(slash - path), path, name);
    text = slash != NULL && access(buf_text(&b), X_OK) == 0
               ? xstrdup(buf_text(&b))
               : xstrdup(name);
    buf_fini(&b);
    return text;
}

enum err child_start(char *const *argv, const char *log, int pass_fd,
                     yon_future **out, char *errmsg)
{
    struct child_process *p = xcalloc(1, sizeof *p);
    int err_fd, bad;
    enum err err;

    future_init(&p->future, &kind, loop_current());
    p->handle.data = p;
    err = open_log(log, &err_fd, errmsg);
    if (err != ERR_NONE) {
        free(p);
        return err;
    }
    future_ref(&p->future);
    bad = spawn(p, argv, err_fd, pass_fd);
    if (err_fd != STDERR_FILENO)
        close(err_fd);
    if (bad != 0) {
        /* libuv wants the handle closed all the same. */
        future_end(&p->future, ERR_SYSTEM, NULL);
        uv_close((uv_handle_t *)&p->handle, on_close);
        yon_free(&p->future);
        return err_set(
            errmsg, ERR_SYSTEM, "%s: %s%s", argv[0], uv_strerror(bad),
            bad == UV_ENOENT ? ": it belongs beside yon, or in PATH" : "");
    }
    *out = &p->future;
    return ERR_NONE;
}

pid_t child_pid(yon_future *process)
{
    return uv_process_get_pid(&child_of(process)->handle);
}

void child_kill(yon_future *process, int signal)
{
    if (!process->done)
        (void)uv_process_kill(&child_of(process)->handle, signal);
}

void child_last_line(const char *path, char *out, size_t size)
{
    char tail[LOG_TAIL_LEN + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = end > LOG_TAIL_LEN ? end - LOG_TAIL_LEN : 0;
    ssize_t len = fd < 0 ? 0 : pread(fd, tail, LOG_TAIL_LEN, from);
    char *line;

    out[0] = '\0';
    if (fd >= 0)
        close(fd);
    while (len > 0 && tail[len - 1] == '\n')
        len--;
    if (len <= 0)
        return;
    tail[len] = '\0';
    line = strrchr(tail, '\n');
    line = line != NULL ? line + 1 : tail;
    strncat(out, line, size - 1);
}
