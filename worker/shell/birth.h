/* SPDX-License-Identifier: MIT */
/* birth - start a program as a child of this process, which has one thread.
 *
 * In a session and a group of its own, dying with its parent, with no blocked
 * signal. Descriptors above 2 must be closed by exec, and no signal be ignored.
 */
#ifndef BIRTH_H
#define BIRTH_H

#include "libcommon/rt/os/spawn.h"

/* As spawn_plain(). leaf: a folder of a cgroup that it starts in; -1: in ours.
 */
enum err birth(const struct spawn *what, int leaf, pid_t *pid, char *errmsg);

#endif
