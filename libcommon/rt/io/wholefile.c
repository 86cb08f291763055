/* SPDX-License-Identifier: MIT */
/* wholefile - files in one piece: yon_file_load and yon_file_save of
 * <yon/io.h>. Each is one call on a thread, from its start to its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yon/io.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/io/task.h"

#define FIRST_CAP 4096 /* of a file that does not say how long it is */

struct whole {
    struct task task;
    char *path;
    uint8_t *data; /* with room for a NUL */
    size_t len, cap;
    size_t max; /* to load: bytes */
    mode_t mode;
    int error; /* errno; 0: none */
};

static struct whole *whole_of(struct task *t)
{
    return CONTAINER_OF(t, struct whole, task);
}

static void whole_drop(struct task *t)
{
    free(whole_of(t)->path);
    free(whole_of(t)->data);
    free(whole_of(t));
}

static struct whole *whole_new(const char *path, void (*run)(struct task *t))
{
    struct whole *w = xcalloc(1, sizeof *w);

    w->task.run = run;
    w->task.drop = whole_drop;
    w->path = xstrdup(path);
    return w;
}

/* ---- load ---- */

/* Room for cap bytes and a NUL. The size is that of a file: it may fail. */
static int whole_grow(struct whole *w, size_t cap)
{
    uint8_t *data = realloc(w->data, cap + 1);

    if (data == NULL)
        return ENOMEM;
    w->data = data;
    w->cap = cap;
    return 0;
}

/* One byte more than max is enough to know. */
static int load(struct whole *w, int fd)
{
    size_t cap_max = w->max < SIZE_MAX / 4 ? w->max + 1 : SIZE_MAX / 4;
    struct stat st;
    size_t cap = FIRST_CAP;
    ssize_t n;

    if (fstat(fd, &st) != 0)
        return errno;
    if (st.st_size > 0)
        cap = (size_t)st.st_size + 1; /* so the end is seen at once */
    for (;;) {
        int error = whole_grow(w, cap < cap_max ? cap : cap_max);

        if (error != 0)
            return error;
        while (w->len < w->cap &&
               (n = read(fd, w->data + w->len, w->cap - w->len)) != 0) {
            if (n < 0 && errno != EINTR)
                return errno;
            w->len += n > 0 ? (size_t)n : 0;
        }
        if (w->len < w->cap || w->cap == cap_max)
            return 0;
        cap = w->cap * 2;
    }
}

static void load_run(struct task *t)
{
    struct whole *w = whole_of(t);
    int fd = open(w->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        w->error = errno;
        return;
    }
    w->error = load(w, fd);
    close(fd);
}

int yon_file_load(const char *path, size_t max, void **data, size_t *len)
{
    struct whole *w;
    enum err err = io_begin_await();

    if (err != ERR_NONE)
        return -(int)err;
    w = whole_new(path, load_run);
    w->max = max;
    err = task_await(&w->task);
    if (err != ERR_NONE)
        return -(int)err; /* it drops itself */
    if (w->error != 0) {
        err = io_fail(-w->error, "cannot read %s", path);
    } else if (w->len > max) {
        err = ERR_LIMIT;
    } else {
        w->data[w->len] = '\0';
        *len = w->len;
        *data = w->data;
        w->data = NULL; /* owned by the caller */
    }
    whole_drop(&w->task);
    return -(int)err;
}

/* ---- save ---- */

static int write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

/* The new name is on the disk when its folder is. */
static int sync_folder(const char *path)
{
    char *copy = xstrdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = fd < 0 || fsync(fd) != 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    free(copy);
    return error;
}

static int save_as(struct whole *w, int fd, const char *beside)
{
    int error = write_all(fd, w->data, w->len);

    if (error == 0 && (fchmod(fd, w->mode) != 0 || fsync(fd) != 0))
        error = errno;
    if (close(fd) != 0 && error == 0)
        error = errno;
    if (error == 0 && rename(beside, w->path) != 0)
        error = errno;
    if (error != 0) {
        unlink(beside);
        return error;
    }
    return sync_folder(w->path);
}

static void save_run(struct task *t)
{
    struct whole *w = whole_of(t);
    struct buf beside = { 0 };
    int fd;

    buf_addf(&beside, "%s.XXXXXX", w->path);
    fd = mkostemp((char *)beside.data, O_CLOEXEC);
    w->error = fd < 0 ? errno : save_as(w, fd, (char *)beside.data);
    buf_fini(&beside);
}

int yon_file_save(const char *path, const void *data, size_t len, int mode)
{
    struct whole *w;
    enum err err = io_begin_await();

    if (err != ERR_NONE)
        return -(int)err;
    w = whole_new(path, save_run);
    w->data = (uint8_t *)xmemdup0(data, len);
    w->len = len;
    w->mode = (mode_t)mode;
    err = task_await(&w->task);
    if (err != ERR_NONE)
        return -(int)err; /* it drops itself */
    if (w->error != 0)
        err = io_fail(-w->error, "cannot save %s", path);
    whole_drop(&w->task);
    return -(int)err;
}
