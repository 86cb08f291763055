/* SPDX-License-Identifier: MIT */
/* reaper - a process that watches others to their end: how it lives and waits,
 * and the children that it has.
 *
 * It is a subreaper: whatever its descendants do, one that loses its parent
 * becomes its child. A child that was not waited for keeps its number, so
 * killing children by number hits no stranger. All of this is for processes of
 * one thread.
 */
#ifndef REAPER_H
#define REAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* In a new process: take that name, become a subreaper, and ignore every signal
 * but SIGKILL, SIGSTOP and SIGHUP. parent: the process that this one serves;
 * its end, or SIGHUP, makes this one alone. */
void reaper_begin(const char *name, pid_t parent);

/* Wait until `sock` is readable (true), or a child has ended, or this process
 * is alone, or ms have passed. sock -1: no socket; ms -1: no limit. */
bool reaper_wait(int sock, int ms);

/* Nobody is served any more. */
bool reaper_is_alone(void);

/* ---- children; also for a process that has not called reaper_begin ---- */

/* Whether `pid` is to be left out. */
typedef bool reaper_spare_fn(void *arg, pid_t pid);

/* How many there are besides those that are spared, zombies included. Without
 * /proc that cannot be known, which counts as one. spare NULL: count all. */
size_t reaper_count_children(reaper_spare_fn *spare, void *arg);
/* SIGKILL to these and to their groups. Returns how many they are. */
size_t reaper_kill_children(reaper_spare_fn *spare, void *arg);

#endif
