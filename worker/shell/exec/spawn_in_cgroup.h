/* SPDX-License-Identifier: MIT */
/* spawn_in_cgroup - start a program that dies with this process, in a cgroup.
 *
 * The program has a session and a group of its own, and no blocked signal. This
 * process has one thread, ignores no signal, and its descriptors above 2 are
 * closed by exec.
 */
#ifndef SPAWN_IN_CGROUP_H
#define SPAWN_IN_CGROUP_H

#include "libcommon/rt/os/rlimits.h"
#include "libcommon/rt/os/spawn.h"

struct spawn_place {
    int cgroup; /* a folder of a cgroup that it starts in; -1: ours */
    int umask;  /* -1: ours */
    const struct rlimits *limits;
};

/* As spawn_plain(). */
enum err spawn_in_cgroup(const struct spawn *what,
                         const struct spawn_place *place, pid_t *pid,
                         char *errmsg);

#endif
