/* SPDX-License-Identifier: MIT */
/* disk - what the store needs of the file system beside SQLite: a lock against
 * a second yond, a look at the kind of file system, and a ballast.
 */
#ifndef DISK_H
#define DISK_H

#include <stdbool.h>

#include "libcommon/err.h"

/* Bytes that the ballast keeps: the worst outcome, in the WAL and then in the
 * database, and some. */
#define BALLAST_LEN (4 << 20)

/* The name of a network file system, by its number in statfs(2), or NULL. */
const char *disk_network(unsigned long magic);

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

/* A file that occupies space while there is plenty, so that outcomes can still
 * be written when there is none. */
struct ballast {
    char *path;
    bool whole; /* occupies BALLAST_LEN bytes */
};

/* Beside the database at `db_path`; whole if a former life left it so. Builds
 * nothing. */
void ballast_init(struct ballast *b, const char *db_path);
void ballast_fini(struct ballast *b); /* leaves the file */
/* Build it if it is not whole and there is room for twice as much: the other
 * half keeps it from being released at once. Returns whether it is whole. */
bool ballast_build(struct ballast *b);
/* Give its space free. Returns whether it had any. */
bool ballast_release(struct ballast *b);

#endif
