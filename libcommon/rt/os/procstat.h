/* SPDX-License-Identifier: MIT */
/* procstat - what /proc/PID/stat says of a process. */
#ifndef PROCSTAT_H
#define PROCSTAT_H

#include <stdbool.h>

struct procstat {
    char state; /* 'Z': a zombie; 'X': about to be gone */
    int parent;
    unsigned long long start; /* in clock ticks since the boot */
};

/* False: there is no such process, and *out is unchanged. */
bool procstat_read(long pid, struct procstat *out);

#endif
