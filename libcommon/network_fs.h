/* SPDX-License-Identifier: MIT */
/* network_fs - file systems of a network, where locks and shared memory cannot
 * be relied on. */
#ifndef NETWORK_FS_H
#define NETWORK_FS_H

/* The name of one, by its number in statfs(2); NULL: it is none. */
const char *network_fs_name(unsigned long magic);

#endif
