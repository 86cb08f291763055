/* SPDX-License-Identifier: MIT */
/* fork_in_cgroup - fork a child right into a cgroup. Moving it there later is
 * slow: the kernel waits for all cores.
 */
#ifndef FORK_IN_CGROUP_H
#define FORK_IN_CGROUP_H

#include <sys/types.h>

/* Run fn(arg), which does not return, in a child. cgroup: an open folder. The
 * parent has one thread and waits until the child has ended or become a
 * program. The child shares the parent's memory, as after vfork, where that is
 * implemented (x86-64); else it has a copy. Returns the child, or -1 with
 * errno; ENOSYS, EPERM: this machine does not allow it. */
pid_t fork_in_cgroup(int cgroup, void (*fn)(void *arg), void *arg);

#endif
