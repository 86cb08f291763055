/* SPDX-License-Identifier: MIT */
/* forks - notices that this process is a child of fork(2).
 *
 * Of the parent a child has the memory, but not the threads; its descriptors
 * are the same open files. What was made before the fork must be left alone
 * there: it records forks_n() when it is made, and compares. Children of vfork
 * and posix_spawn do not count, nor do those of _Fork.
 */
#ifndef FORKS_H
#define FORKS_H

/* How many forks lie between this process and the one that was loaded. */
unsigned forks_n(void);
/* Count from now on; before the first thing that must not be inherited. Also
 * call `child` in each child, on its only thread; NULL is fine. Once for each
 * function. */
void forks_watch(void (*child)(void));

#endif
