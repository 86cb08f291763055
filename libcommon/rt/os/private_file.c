/* SPDX-License-Identifier: MIT */
/* private_file - read with care, written at once. */
#include "libcommon/rt/os/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libcommon/mem.h"

static enum err failed(const char *what, const char *path, char *errmsg)
{
    enum err err = errno == ENOENT   ? ERR_ABSENT
                   : errno == EEXIST ? ERR_EXISTS
                                     : ERR_SYSTEM;

    if (errno == ELOOP)
        return err_set(errmsg, ERR_REFUSED,
                       "%.180s is another user's symbolic link: name the file",
                       path);
    return err_set(errmsg, err, "cannot %s %.160s: %s", what, path,
                   strerror(errno));
}

static enum err check_rights(const struct stat *st, const char *path,
                             char *errmsg)
{
    mode_t others =
        st->st_uid == 0 ? S_IRWXO | S_IWGRP | S_IXGRP : S_IRWXO | S_IRWXG;

    if (!S_ISREG(st->st_mode))
        return err_set(errmsg, ERR_REFUSED, "%.180s is not a file", path);
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return err_set(errmsg, ERR_REFUSED,
                       "%.160s belongs to another user (%u)", path,
                       (unsigned)st->st_uid);
    if ((st->st_mode & others) != 0)
        return err_set(errmsg, ERR_REFUSED,
                       "%.100s can be read or written by others: chmod 600 "
                       "%.100s",
                       path, path);
    return ERR_NONE;
}

static enum err read_all(int fd, const char *path, size_t max, struct buf *out,
                         char *errmsg)
{
    size_t total = 0;
    ssize_t n;

    while ((n = read(fd, buf_room(out, max + 1 - total), max + 1 - total)) >
           0) {
        out->len += (size_t)n;
        total += (size_t)n;
        if (total > max)
            return err_set(errmsg, ERR_LIMIT, "%.160s has more than %zu bytes",
                           path, max);
    }
    return n == 0 ? ERR_NONE : failed("read", path, errmsg);
}

/* A link of this user or root is followed: Kubernetes mounts secrets so. */
static int open_it(const char *path)
{
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
    int fd = open(path, flags | O_NOFOLLOW);
    struct stat st;

    if (fd >= 0 || errno != ELOOP || lstat(path, &st) != 0)
        return fd;
    if (st.st_uid == 0 || st.st_uid == geteuid())
        return open(path, flags);
    errno = ELOOP;
    return -1;
}

enum err private_file_read(const char *path, size_t max, struct buf *out,
                           char *errmsg)
{
    int fd = open_it(path);
    struct stat st;
    enum err err;

    if (fd < 0)
        return failed("open", path, errmsg);
    err = fstat(fd, &st) != 0 ? failed("look at", path, errmsg)
                              : check_rights(&st, path, errmsg);
    if (err == ERR_NONE)
        err = read_all(fd, path, max, out, errmsg);
    close(fd);
    return err;
}

enum err private_folder_check(const char *path, char *errmsg)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return failed("look at", path, errmsg);
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return err_set(errmsg, ERR_REFUSED,
                       "%.160s belongs to another user (%u)", path,
                       (unsigned)st.st_uid);
    if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return err_set(errmsg, ERR_REFUSED,
                       "others can replace the files in %.100s: chmod 700 "
                       "%.100s",
                       path, path);
    return ERR_NONE;
}

static bool write_all(int fd, struct view bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);

        if (n <= 0)
            return false;
        bytes.data += n;
        bytes.len -= (size_t)n;
    }
    return fsync(fd) == 0;
}

/* The name is safe on disk, too. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash == NULL   ? xstrdup(".")
                   : slash == path ? xstrdup("/")
                                   : xmemdup0(path, (size_t)(slash - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_done = fd >= 0 && fsync(fd) == 0;

    free(folder);
    if (fd >= 0)
        close(fd);
    return is_done;
}

/* link() does not replace a file, rename() does. */
static bool put_in_place(const char *beside, const char *path, bool fresh)
{
    if (fresh ? link(beside, path) != 0 : rename(beside, path) != 0)
        return false;
    if (fresh)
        unlink(beside);
    return sync_folder(path);
}

enum err private_file_write(const char *path, struct view bytes, bool fresh,
                            char *errmsg)
{
    struct buf beside = { 0 };
    enum err err = ERR_NONE;
    int fd, saved_errno;

    buf_addf(&beside, "%s.XXXXXX", path);
    buf_text(&beside);
    fd = mkostemp((char *)beside.data, O_CLOEXEC); /* mode 0600 */
    if (fd < 0 || !write_all(fd, bytes) ||
        !put_in_place((char *)beside.data, path, fresh)) {
        saved_errno = errno;
        if (fd >= 0)
            unlink((char *)beside.data);
        errno = saved_errno;
        err = failed("write", path, errmsg);
    }
    if (fd >= 0)
        close(fd);
    buf_fini(&beside);
    return err;
}
