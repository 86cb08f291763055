/* SPDX-License-Identifier: MIT */
/* disk - a lock, a look at the file system, new files. */
#include "coordinator/store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/network_fs.h"

char *disk_beside(const char *path, const char *suffix)
{
    size_t len = strlen(path);
    char *out = xcalloc(1, len + strlen(suffix) + 1);

    memcpy(out, path, len);
    memcpy(out + len, suffix, strlen(suffix));
    return out;
}

char *disk_folder(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return xstrdup(".");
    if (slash == path)
        return xstrdup("/");
    return xmemdup0(path, (size_t)(slash - path));
}

enum err disk_check_local(const char *path, char *errmsg)
{
    char *folder = disk_folder(path);
    struct statfs fs;
    enum err err = ERR_NONE;

    if (statfs(folder, &fs) != 0)
        err = err_set(errmsg, ERR_SYSTEM, "%s: %s", folder, strerror(errno));
    else if (network_fs_name((unsigned long)fs.f_type) != NULL)
        err = err_set(errmsg, ERR_REFUSED,
                      "%s lies on a network file system (%s), which can lose "
                      "what SQLite writes: choose a folder on a local disk",
                      folder, network_fs_name((unsigned long)fs.f_type));
    free(folder);
    return err;
}

enum err disk_lock(const char *path, int *fd, char *errmsg)
{
    char *name = disk_beside(path, ".lock");
    enum err err = ERR_NONE;
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (lock < 0) {
        err = err_set(errmsg, errno == ENOSPC ? ERR_FULL : ERR_SYSTEM, "%s: %s",
                      name, strerror(errno));
        goto out;
    }
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            err = err_set(errmsg, ERR_BUSY,
                          "%s is in use by another yond (which holds the lock "
                          "on %s)",
                          path, name);
        else
            err = err_set(errmsg, ERR_SYSTEM, "cannot lock %s: %s", name,
                          strerror(errno));
        goto out;
    }
    *fd = lock;
    lock = -1; /* the caller owns it now */
out:
    if (lock >= 0)
        close(lock);
    free(name);
    return err;
}

enum err disk_create_private(const char *path, char *errmsg)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0)
        return err_set(errmsg, errno == ENOSPC ? ERR_FULL : ERR_SYSTEM,
                       "%s: %s", path, strerror(errno));
    close(fd);
    return ERR_NONE;
}

enum err disk_sync_folder(const char *path, char *errmsg)
{
    char *folder = disk_folder(path);
    enum err err = ERR_NONE;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0 || fsync(fd) != 0)
        err = err_set(errmsg, ERR_IO, "cannot sync %s: %s", folder,
                      strerror(errno));
    if (fd >= 0)
        close(fd);
    free(folder);
    return err;
}
