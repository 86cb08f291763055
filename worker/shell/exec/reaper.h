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

/* In a new process: take that name, become a subreaper, and let nothing but
 * SIGKILL end it. parent: the process that it serves; the end of that one, or
 * SIGHUP, makes us alone. */
void reaper_begin(const char *name, pid_t parent);

/* Wait for bytes on `sock` (or its end), the end of a child, being alone, or
 * until ms have passed. -1: no socket, no limit. True: the socket has
 * something. */
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
