/* SPDX-License-Identifier: MIT */
#include "client/cli/lastline.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define TAIL_LEN 2048

void last_line(const char *path, char *out, size_t size)
{
    char tail[TAIL_LEN + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = end > TAIL_LEN ? end - TAIL_LEN : 0;
    ssize_t len = fd < 0 ? 0 : pread(fd, tail, TAIL_LEN, from);
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
