/* SPDX-License-Identifier: MIT */
/* shim - a process that runs one program after another and kills their
 * leftovers.
 *
 * It is a subreaper: a descendant of the program that loses its parent becomes
 * a child of the shim, whatever its session. So the children of the shim at the
 * end of a program are what is left of it. If there are none, the next program
 * can start. Else it reports them, and ORDER_CLEAR kills them, round after
 * round, until there is no child.
 *
 * The program itself is waited for last: until then its number, which is that
 * of its group, cannot be used again. When the worker has gone, all is killed
 * at once.
 */
#ifndef SHIM_H
#define SHIM_H

#include "worker/shell/exec/cgroup.h"

/* A shim that serves nobody any more gives up after so long on what cannot be
 * killed: a program of another user, or one that waits for a dead disk. */
#define SHIM_PATIENCE_MS 5000

/* Obey the orders that come from `sock`. In a process of one thread, after
 * reaper_begin; owns the cgroup. */
_Noreturn void shim_run(int sock, struct cgroup cgroup);

#endif
