/* SPDX-License-Identifier: MIT */
/* shim - a process that runs one program after another, and leaves nothing of
 * them behind.
 *
 * It is the subreaper of what it starts: descendants of the program that lose
 * their parent become its children, wherever they went with setsid, so those
 * that it has at the end of a program are what is left of that one. Nothing
 * left: nothing to do, and that is told at once. Else they are killed until it
 * has no child any more.
 *
 * The program is waited for last, so that its number, which is the group's, is
 * nobody else's until then. When the worker has gone, all is killed at once.
 */
#ifndef SHIM_H
#define SHIM_H

#include "worker/shell/exec/cgroup.h"

/* So long a shim that serves nobody any more goes on killing what cannot be
 * killed: a program of another user, or one that a dead disk holds. */
#define SHIM_PATIENCE_MS 5000

/* In a process of one thread, after reaper_begin. Orders come from `sock`. The
 * leaf is its own. */
_Noreturn void shim_run(int sock, struct cgroup cgroup);

#endif
