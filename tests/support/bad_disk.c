/* SPDX-License-Identifier: MIT */
/* bad_disk - preloaded into a program, makes its syncs fail as on a dying disk.
 *
 * BAD_DISK names a file. As soon as it exists, each fsync and fdatasync fails
 * with EIO. A first byte '1' limits that to one of them: a kernel that has told
 * an error once takes the pages for clean, so the second sync succeeds and the
 * data are gone all the same.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int sync_call(const char *name, int fd)
{
    int (*call)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    const char *path = getenv("BAD_DISK");
    int order = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    char first = 0;

    if (order < 0)
        return call(fd);
    if (read(order, &first, 1) == 1 && first == '1')
        unlink(path);
    close(order);
    errno = EIO;
    return -1;
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    return sync_call("fsync", fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    return sync_call("fdatasync", fd);
}
