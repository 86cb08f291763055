/* SPDX-License-Identifier: MIT */
/* children - the processes whose parent this one is, as the kernel lists them.
 *
 * For a process of one thread that is a subreaper: whatever its descendants do,
 * who loses its parent becomes its child. A child that was not waited for keeps
 * its number, so killing children by it hits no other.
 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stdbool.h>
#include <sys/types.h>

/* Whether `pid` is to be left out. */
typedef bool children_spare_fn(void *arg, pid_t pid);

/* How many there are besides those that are spared; who has ended and was not
 * waited for is one as well. Without /proc nobody knows, which counts as one.
 * spare NULL: count all. */
size_t children_count(children_spare_fn *spare, void *arg);
/* SIGKILL to these and to their groups. Returns how many they are. */
size_t children_kill(children_spare_fn *spare, void *arg);

#endif
