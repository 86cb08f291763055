/* SPDX-License-Identifier: MIT */
/* procstat - what /proc/PID/stat says of a process. */
#include "libcommon/rt/os/procstat.h"

#include <stdio.h>
#include <string.h>

#define STAT_LEN 1024

bool procstat_read(long pid, struct procstat *out)
{
    char path[64], text[STAT_LEN];
    struct procstat p;
    const char *end;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    /* "PID (NAME) STATE PARENT ...", and the start is field 22: a name may
     * contain anything. */
    end = strrchr(text, ')');
    if (end == NULL ||
        sscanf(end + 1,
               " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
               "%*d %*d %*d %*d %llu",
               &p.state, &p.parent, &p.start) != 3)
        return false;
    *out = p;
    return true;
}
