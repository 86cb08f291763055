/* SPDX-License-Identifier: MIT */
#include "libcommon/rt/os/stdfiles.h"

#include <fcntl.h>
#include <unistd.h>

void stdfiles_open(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) /* open takes the lowest: this one */
            (void)open("/dev/null", fd == STDOUT_FILENO ? O_RDONLY : O_RDWR);
}
