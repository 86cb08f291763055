/* SPDX-License-Identifier: MIT */
/* disk - the store's own needs of the file system: a lock against a second
 * yond, a look at the kind of file system, new files that are private and
 * durable. */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>

#include "libcommon/err.h"

/* ERR_REFUSED  the database would lie on a network file system, where locks and
 * shared memory cannot be relied on; ERR_SYSTEM. */
enum err disk_check_local(const char *path, char *errmsg);

/* Lock `path`.lock until *fd is closed, by whatever end of the process.
 * ERR_BUSY  another process has it; ERR_FULL; ERR_SYSTEM. */
enum err disk_lock(const char *path, int *fd, char *errmsg);

/* Make an empty file if there is none, for nobody else to read: arguments and
 * results are in it. SQLite gives the files beside it the same rights. No
 * connection may be open: closing the file would drop its locks. */
enum err disk_create_private(const char *path, char *errmsg);

/* Make new names in the folder of `path` durable. ERR_IO. */
enum err disk_sync_folder(const char *path, char *errmsg);

/* `path` with a suffix, and the folder of `path`; the caller frees them. */
char *disk_beside(const char *path, const char *suffix);
char *disk_folder(const char *path);

#endif
