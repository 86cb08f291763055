/* SPDX-License-Identifier: MIT */
/* sqlite_schema - the tables of the store, and how old ones become new ones. */
#ifndef SQLITE_SCHEMA_H
#define SQLITE_SCHEMA_H

#include <sqlite3.h>

#include "libcommon/err.h"

/* Bring the schema of an open database up to date; an empty one gets all
 * tables. ERR_VERSION  it was written by a newer yon;  ERR_REFUSED  it is none
 * of ours; or as from sqlite_error. After an error close it: that takes
 * everything back. */
enum err sqlite_migrate(sqlite3 *db, char *errmsg);

#endif
