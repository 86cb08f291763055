/* SPDX-License-Identifier: MIT */
/* inherit - what a process of a worker gets from the process that starts it. */
#include "worker/shell/life/inherit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libcommon/check.h"

struct inherit inherit_nothing(void)
{
    return (struct inherit){
        .version = INHERIT_VERSION, .note_fd = -1, .guard_fd = -1, .cpu_fd = -1
    };
}

void inherit_put_modules(struct inherit *i, const struct module_files *f)
{
    ASSERT(f->n <= MODULE_FILES_MAX);
    i->n_modules = (uint32_t)f->n;
    for (size_t k = 0; k < f->n; k++)
        i->module_fds[k] = f->at[k].fd;
}

int inherit_give(const struct inherit *what)
{
    struct inherit copy = *what;
    int fd = memfd_create("yon-inherit", MFD_CLOEXEC);

    ASSERT(what->kind == INHERIT_LOOP || what->kind == INHERIT_CPU);
    copy.version = INHERIT_VERSION;
    if (fd >= 0 && pwrite(fd, &copy, sizeof copy, 0) != sizeof copy) {
        close(fd);
        return -1;
    }
    return fd;
}

/* ---- in the new process ---- */

static bool is_open(int fd)
{
    return fd > STDERR_FILENO && fcntl(fd, F_GETFD) >= 0;
}

static bool is_none_or_open(int fd)
{
    return fd == -1 || is_open(fd);
}

static bool modules_make_sense(const struct inherit *i, int fd)
{
    if (i->n_modules > MODULE_FILES_MAX)
        return false;
    for (uint32_t k = 0; k < i->n_modules; k++)
        if (i->module_fds[k] == fd || !is_open(i->module_fds[k]))
            return false;
    return true;
}

/* fd: that it came from. */
static bool makes_sense(const struct inherit *i, int fd)
{
    if (i->note_fd == fd || i->guard_fd == fd || i->cpu_fd == fd ||
        !modules_make_sense(i, fd))
        return false;
    if (i->kind == INHERIT_LOOP)
        return i->number > 0 && i->supervisor > 0 && is_open(i->guard_fd) &&
               is_none_or_open(i->note_fd) && i->cpu_fd == -1;
    return i->kind == INHERIT_CPU && i->number == 0 && is_open(i->cpu_fd) &&
           is_open(i->note_fd) && i->guard_fd == -1;
}

static void hide(int fd)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

enum err inherit_take(int fd, struct inherit *out, char *errmsg)
{
    struct inherit seen;
    /* One byte more than there may be. */
    char bytes[sizeof seen + 1];
    ssize_t len = fd > STDERR_FILENO ? pread(fd, bytes, sizeof bytes, 0) : -1;

    if (len < (ssize_t)sizeof seen.version)
        return err_set(errmsg, ERR_FORMAT,
                       INHERIT_OPTION " %d: only a worker says this, to a "
                                      "process that it starts",
                       fd);
    memcpy(&seen.version, bytes, sizeof seen.version);
    if (seen.version != INHERIT_VERSION)
        return err_set(errmsg, ERR_VERSION,
                       INHERIT_OPTION " %d: version %u, this program has %d",
                       fd, seen.version, INHERIT_VERSION);
    if (len != sizeof seen)
        return err_set(errmsg, ERR_FORMAT,
                       INHERIT_OPTION " %d: %zd bytes instead of %zu", fd, len,
                       sizeof seen);
    memcpy(&seen, bytes, sizeof seen);
    if (!makes_sense(&seen, fd))
        return err_set(errmsg, ERR_FORMAT,
                       INHERIT_OPTION " %d: its fields do not fit together",
                       fd);
    close(fd);
    hide(seen.note_fd);
    hide(seen.guard_fd);
    hide(seen.cpu_fd);
    for (uint32_t k = 0; k < seen.n_modules; k++)
        hide(seen.module_fds[k]);
    *out = seen;
    return ERR_NONE;
}
