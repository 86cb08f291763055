/* SPDX-License-Identifier: MIT */
/* spawn_in_cgroup - start a program as a child of this process, which has one
 * thread.
 *
 * In a session and a group of its own, dying with its parent, with no blocked
 * signal. Descriptors above 2 must be closed by exec, and no signal be ignored.
 */
#ifndef SPAWN_IN_CGROUP_H
#define SPAWN_IN_CGROUP_H

#include "libcommon/rt/os/spawn.h"

/* As spawn_plain(). cgroup: a folder of a cgroup that it starts in; -1: in
 * ours.
 */
enum err spawn_in_cgroup(const struct spawn *what, int cgroup, pid_t *pid,
                         char *errmsg);

#endif
