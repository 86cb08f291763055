/* SPDX-License-Identifier: MIT */
/* legacy - what a worker leaves to the one that takes its place. */
#include "client/cli/legacy.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <yon/co.h>

#include "libcommon/buf.h"
#include "libcommon/rt/os/clock.h"
#include "libcommon/rt/os/log.h"

#define SETTLE_MS 5000 /* then a dead disk may hold them */
#define LOOK_MS 20
#define FILE_LEN_MAX (4u << 20)
#define READ_LEN 4096

static bool can_tell(void)
{
    return getpid() != 1 && children_count(NULL, NULL) == 0 &&
           prctl(PR_SET_CHILD_SUBREAPER, 1) == 0;
}

static bool read_all(int fd, struct buf *out)
{
    ssize_t n = 0;

    while (out->len < FILE_LEN_MAX &&
           (n = pread(fd, buf_room(out, READ_LEN), READ_LEN, (off_t)out->len)) >
               0)
        out->len += (size_t)n;
    return n == 0;
}

static bool write_all(int fd, const struct buf *bytes)
{
    size_t len = 0;
    ssize_t n = 0;

    while (len < bytes->len &&
           (n = write(fd, bytes->data + len, bytes->len - len)) > 0)
        len += (size_t)n;
    return len == bytes->len;
}

/* Each copy is used once: what it says was true when it was written. */
static void take_file(struct legacy *l)
{
    int fd = open(l->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct buf bytes = { 0 };

    if (fd < 0)
        return;
    if (unlink(l->path) == 0 && read_all(fd, &bytes) &&
        !write_all(l->fd, &bytes))
        (void)!ftruncate(l->fd, 0);
    close(fd);
    buf_fini(&bytes);
}

void legacy_begin(struct legacy *l, const char *path)
{
    *l = (struct legacy){ .path = path, .fd = -1, .is_true = true };
    if (!can_tell())
        return;
    l->fd = memfd_create("yon-legacy", MFD_CLOEXEC);
    if (l->fd >= 0)
        take_file(l);
}

void legacy_give(struct legacy *l)
{
    l->is_true = false;
}

struct spare {
    children_spare_fn *fn;
    void *arg;
};

/* It counts all the same: at its end its own children have become ours, and are
 * in no list that was made before. */
static bool reap(void *arg, pid_t pid)
{
    const struct spare *s = arg;

    if (s->fn(s->arg, pid))
        return true;
    (void)waitpid(pid, NULL, WNOHANG);
    return false;
}

void legacy_settle_await(struct legacy *l, children_spare_fn *spare, void *arg)
{
    int64_t end_ms = clock_boot_ms() + SETTLE_MS;
    struct spare others = { spare, arg };

    if (l->fd < 0)
        return;
    yon_shield_begin();
    for (;;) {
        (void)children_count(reap, &others);
        l->is_true = children_kill(spare, arg) == 0;
        if (l->is_true || clock_boot_ms() >= end_ms || yon_sleep(LOOK_MS) != 0)
            break;
    }
    yon_shield_end();
    if (l->is_true)
        return;
    log_line(TRACE_WARN, "leftovers-stay", "effect=%s",
             "what the worker ran starts again when its lease is over");
    if (ftruncate(l->fd, 0) != 0) {
        close(l->fd);
        l->fd = -1;
    }
}

void legacy_leave(const struct legacy *l)
{
    struct buf bytes = { 0 };
    int fd = -1;

    if (l->fd < 0 || !l->is_true || !read_all(l->fd, &bytes))
        goto out;
    fd = open(l->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 && !write_all(fd, &bytes))
        (void)unlink(l->path);
out:
    if (fd >= 0)
        close(fd);
    buf_fini(&bytes);
}

void legacy_fini(struct legacy *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}
