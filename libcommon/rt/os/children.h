/* SPDX-License-Identifier: MIT */
/* children - the children of this process, and their end.
 *
 * In a subreaper also descendants that lost their parent are children, whatever
 * they have done. A child that was not waited for keeps its number, so killing
 * children by number hits no stranger. For the first thread of a process, when
 * no other one starts processes or waits for any.
 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether `pid` is to be left out. */
typedef bool children_spare_fn(void *arg, pid_t pid);

/* How many there are besides those that are spared, zombies included. Without
 * /proc that cannot be known, which counts as one. spare NULL: count all. */
size_t children_count(children_spare_fn *spare, void *arg);
/* SIGKILL to these and to their groups. Returns how many they are. */
size_t children_kill(children_spare_fn *spare, void *arg);

#endif
