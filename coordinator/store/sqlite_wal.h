/* SPDX-License-Identifier: MIT */
/* sqlite_wal - when and how the WAL is copied into the database. */
#ifndef SQLITE_WAL_H
#define SQLITE_WAL_H

#include "libcommon/err.h"

struct sqlite;

/* Count the pages of the writer's WAL from now on. */
void sqlite_wal_watch(struct sqlite *s);

/* Copy the WAL into the database. `mode` is SQLITE_CHECKPOINT_.... A full disk
 * and a busy reader are no errors: the WAL keeps everything, and the next one
 * goes on. ERR_IO, ERR_CORRUPT. */
enum err sqlite_wal_checkpoint(struct sqlite *s, int mode, char *errmsg);

/* The same when the WAL has grown enough. */
enum err sqlite_wal_tidy(struct sqlite *s, char *errmsg);

#endif
