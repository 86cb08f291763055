/* SPDX-License-Identifier: MIT */
/* wall_jump - preloaded into a program, sets its wall clock.
 *
 * WALL_JUMP names a file. The number in it is added to the clock, in seconds,
 * as soon as it stands there.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static time_t jump_s(void)
{
    const char *path = getenv("WALL_JUMP");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    char text[32] = "";

    if (file < 0)
        return 0;
    if (read(file, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(file);
    return (time_t)strtoll(text, NULL, 10);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id,
                                                         struct timespec *at)
{
    static int (*call)(clockid_t, struct timespec *);
    int bad;

    if (call == NULL)
        call = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT,
                                                            "clock_gettime");
    bad = call(id, at);
    if (bad == 0 && id == CLOCK_REALTIME)
        at->tv_sec += jump_s();
    return bad;
}
