/* SPDX-License-Identifier: MIT */
/* ballast - a file that keeps space for the outcomes of a full disk. */
#include "coordinator/store/ballast.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "coordinator/store/disk.h"

void ballast_init(struct ballast *b, const char *db_path)
{
    struct stat st;

    b->path = disk_beside(db_path, ".ballast");
    b->whole = stat(b->path, &st) == 0 && st.st_size >= BALLAST_LEN &&
               st.st_blocks * 512 >= BALLAST_LEN;
}

void ballast_fini(struct ballast *b)
{
    free(b->path);
    *b = (struct ballast){ 0 };
}

static bool ballast_has_room(const struct ballast *b)
{
    char *folder = disk_folder(b->path);
    struct statvfs fs;
    bool room = statvfs(folder, &fs) == 0 &&
                fs.f_bavail * fs.f_frsize >= 2 * (uintmax_t)BALLAST_LEN;

    free(folder);
    return room;
}

bool ballast_build(struct ballast *b)
{
    if (b->whole || !ballast_has_room(b))
        return b->whole;
    int fd = open(b->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    b->whole = posix_fallocate(fd, 0, BALLAST_LEN) == 0;
    if (!b->whole && ftruncate(fd, 0) != 0)
        unlink(b->path); /* half of it is of no use */
    close(fd);
    return b->whole;
}

bool ballast_release(struct ballast *b)
{
    bool had = b->whole;

    b->whole = false;
    return truncate(b->path, 0) == 0 && had;
}
