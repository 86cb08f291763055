/* SPDX-License-Identifier: MIT */
/* procstat - what the kernel says of a process, in /proc/PID/stat. */
#ifndef PROCSTAT_H
#define PROCSTAT_H

#include <stdbool.h>

struct procstat {
    char state; /* 'Z': it is dead and was not waited for; 'X': is going */
    int parent;
    unsigned long long start; /* in clock ticks since the boot */
};

/* False: there is no such process, and *out is unchanged. */
bool procstat_read(long pid, struct procstat *out);

#endif
