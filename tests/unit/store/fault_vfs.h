/* SPDX-License-Identifier: MIT */
/* fault_vfs - a disk under SQLite that fails when it is told to.
 *
 * Once installed it is the file system of every connection that is opened. It
 * passes everything on to the real one. Faults strike calls that change a file:
 * write, truncate, sync. Threads may use it.
 */
#ifndef FAULT_VFS_H
#define FAULT_VFS_H

#include <stdbool.h>

void fault_vfs_install(void);

/* From the n-th change on (1 is the next), each fails with an input/output
 * error; 0: none does. */
void fault_vfs_fail_from(int n);
/* Whether a change has failed since the last call of fault_vfs_fail_from. */
bool fault_vfs_has_struck(void);

/* Writes beyond this many bytes of growth from now on fail as on a full disk;
 * -1: there is room for everything. */
void fault_vfs_room(long bytes);

/* Every sync waits while this is set. */
void fault_vfs_hold(bool hold);
/* Number of syncs that were begun since it was installed. */
int fault_vfs_syncs(void);

#endif
