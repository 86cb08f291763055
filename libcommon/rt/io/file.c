/* SPDX-License-Identifier: MIT */
/* file - files, piece by piece: <yon/io.h>.
 *
 * Every call carries its own bytes and has its part in the file: the descriptor
 * is closed when no thread can be at it any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yon/io.h>

#include "libcommon/buf.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/rt/co/coro.h"
#include "libcommon/rt/co/opened.h"
#include "libcommon/rt/io/task.h"

/* Bytes of one call: a call whose waiter is gone holds no more. */
#define PIECE_MAX (1u << 20)

struct yon_file {
    struct loop *loop; /* held */
    struct opened opened;
    unsigned n_refs; /* the user's, and one of each call */
    int fd;
    int64_t position; /* where calls with offset -1 go on */
    bool is_going_on; /* such a call is under way */
};

struct file_call {
    struct task task;
    yon_file *file;
    bool goes_on; /* offset -1 */
    char *path;   /* to open; NULL: another call */
    int flags, mode;
    int fd; /* to close */
    struct buf bytes;
    int64_t offset;
    int64_t result; /* or -errno */
};

static struct file_call *call_of(struct task *t)
{
    return CONTAINER_OF(t, struct file_call, task);
}

/* ---- life ---- */

static void close_run(struct task *t)
{
    close(call_of(t)->fd);
}

static void close_drop(struct task *t)
{
    free(call_of(t));
}

/* Closing may wait for a disk: it is left to a thread. */
static void file_unref(yon_file *f)
{
    struct file_call *c;

    ASSERT(f->n_refs > 0);
    if (--f->n_refs > 0)
        return;
    if (f->fd >= 0) {
        c = xcalloc(1, sizeof *c);
        c->task.run = close_run;
        c->task.drop = close_drop;
        c->fd = f->fd;
        task_start(&c->task, f->loop);
    }
    loop_drop(f->loop);
    free(f);
}

static void file_end(yon_file *f)
{
    opened_forget(&f->opened);
    file_unref(f);
}

static void left_open(struct opened *o)
{
    file_end(CONTAINER_OF(o, yon_file, opened));
}

void yon_file_close(yon_file *f)
{
    if (f == NULL || !io_is_ours(loop_uv(f->loop)))
        return;
    MISUSE_IF_ELSEWHERE(f->loop, "the file");
    file_end(f);
}

static yon_file *file_new(void)
{
    yon_file *f = xcalloc(1, sizeof *f);

    f->loop = loop_current();
    loop_hold(f->loop);
    f->n_refs = 1;
    f->fd = -1;
    f->opened = (struct opened){ .what = "a file",
                                 .remedy = "yon_file_close",
                                 .close = left_open };
    opened_add(&f->opened, f->loop);
    return f;
}

static void call_drop(struct task *t)
{
    struct file_call *c = call_of(t);

    if (c->goes_on)
        c->file->is_going_on = false;
    file_unref(c->file);
    buf_fini(&c->bytes);
    free(c->path);
    free(c);
}

static struct file_call *call_new(yon_file *f, void (*run)(struct task *t))
{
    struct file_call *c = xcalloc(1, sizeof *c);

    c->task.run = run;
    c->task.drop = call_drop;
    c->file = f;
    f->n_refs++;
    return c;
}

static enum err call_result(const struct file_call *c, const char *what)
{
    return c->result >= 0 ? ERR_NONE : io_fail((int)c->result, "%s", what);
}

static int64_t result_of(int64_t n)
{
    return n < 0 ? -errno : n;
}

/* ---- opening ---- */

static void open_run(struct task *t)
{
    struct file_call *c = call_of(t);

    do
        c->result = result_of(open(c->path, c->flags | O_CLOEXEC, c->mode));
    while (c->result == -EINTR);
    c->file->fd = c->result < 0 ? -1 : (int)c->result;
}

int yon_file_open(const char *path, int flags, int mode, yon_file **out)
{
    struct file_call *c;
    yon_file *f;
    enum err err = io_begin_await();

    if (err != ERR_NONE)
        return -(int)err;
    f = file_new();
    c = call_new(f, open_run);
    c->path = xstrdup(path);
    c->flags = flags;
    c->mode = mode;
    err = task_await(&c->task);
    if (err == ERR_NONE) {
        if (c->result < 0)
            err = io_fail((int)c->result, "cannot open %s", path);
        call_drop(&c->task);
    }
    if (err == ERR_NONE)
        *out = f;
    else
        yon_file_close(f);
    return -(int)err;
}

/* ---- reading and writing ---- */

/* The next piece of n bytes at offset, or where the last one ended. ERR_BUSY.
 */
static enum err piece_new(yon_file *f, void (*run)(struct task *t),
                          int64_t offset, struct file_call **out)
{
    struct file_call *c;

    if (offset < -1)
        return ERR_RANGE;
    if (offset == -1 && f->is_going_on)
        return ERR_BUSY;
    c = call_new(f, run);
    c->goes_on = offset == -1;
    c->offset = c->goes_on ? f->position : offset;
    f->is_going_on |= c->goes_on;
    *out = c;
    return ERR_NONE;
}

static enum err piece_await(struct file_call *c, const char *what, size_t *n)
{
    enum err err = task_await(&c->task);

    *n = 0;
    if (err != ERR_NONE)
        return err; /* it drops itself */
    err = call_result(c, what);
    if (err != ERR_NONE) {
        call_drop(&c->task);
        return err;
    }
    *n = (size_t)c->result;
    if (c->goes_on)
        c->file->position += c->result;
    return ERR_NONE;
}

static void read_run(struct task *t)
{
    struct file_call *c = call_of(t);

    do
        c->result = result_of(
            pread(c->file->fd, c->bytes.data, c->bytes.len, c->offset));
    while (c->result == -EINTR);
}

int yon_file_read(yon_file *f, void *out, size_t len, int64_t offset,
                  size_t *got)
{
    size_t most = len < PIECE_MAX ? len : PIECE_MAX;
    struct file_call *c = NULL;
    enum err err = io_begin_on_await(loop_uv(f->loop));

    *got = 0;
    if (err == ERR_NONE)
        err = piece_new(f, read_run, offset, &c);
    if (err != ERR_NONE)
        return -(int)err;
    buf_room(&c->bytes, most);
    c->bytes.len = most;
    err = piece_await(c, "cannot read", got);
    if (err != ERR_NONE)
        return -(int)err;
    memcpy(out, c->bytes.data, *got);
    call_drop(&c->task);
    return 0;
}

static void write_run(struct task *t)
{
    struct file_call *c = call_of(t);

    do
        c->result = result_of(
            pwrite(c->file->fd, c->bytes.data, c->bytes.len, c->offset));
    while (c->result == -EINTR);
}

static enum err write_piece_await(yon_file *f, const void *data, size_t len,
                                  int64_t offset, size_t *n)
{
    struct file_call *c;
    enum err err = piece_new(f, write_run, offset, &c);

    if (err != ERR_NONE)
        return err;
    buf_add(&c->bytes, data, len < PIECE_MAX ? len : PIECE_MAX);
    err = piece_await(c, "cannot write", n);
    if (err == ERR_NONE)
        call_drop(&c->task);
    return err;
}

int yon_file_write(yon_file *f, const void *data, size_t len, int64_t offset)
{
    const uint8_t *at = data;
    size_t n = 0;
    enum err err = io_begin_on_await(loop_uv(f->loop));

    for (; err == ERR_NONE && len > 0; at += n, len -= n) {
        err = write_piece_await(f, at, len, offset, &n);
        if (offset != -1)
            offset += (int64_t)n;
    }
    return -(int)err;
}

/* ---- about the file ---- */

static enum err simple_await(yon_file *f, void (*run)(struct task *t),
                             const char *what, int64_t *result)
{
    struct file_call *c;
    enum err err = io_begin_on_await(loop_uv(f->loop));

    if (err != ERR_NONE)
        return err;
    c = call_new(f, run);
    err = task_await(&c->task);
    if (err != ERR_NONE)
        return err;
    err = call_result(c, what);
    *result = c->result;
    call_drop(&c->task);
    return err;
}

static void size_run(struct task *t)
{
    struct file_call *c = call_of(t);
    struct stat st = { 0 };

    c->result = result_of(fstat(c->file->fd, &st));
    if (c->result == 0)
        c->result = st.st_size;
}

int yon_file_size(yon_file *f, uint64_t *size)
{
    int64_t result = 0;
    enum err err = simple_await(f, size_run, "cannot see the size", &result);

    if (err == ERR_NONE)
        *size = (uint64_t)result;
    return -(int)err;
}

static void sync_run(struct task *t)
{
    struct file_call *c = call_of(t);

    c->result = result_of(fsync(c->file->fd));
}

int yon_file_sync(yon_file *f)
{
    int64_t result;

    return -(int)simple_await(f, sync_run, "cannot sync", &result);
}
