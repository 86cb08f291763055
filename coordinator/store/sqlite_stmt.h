/* SPDX-License-Identifier: MIT */
/* sqlite_stmt - errors of SQLite as ours, and statements. */
#ifndef SQLITE_STMT_H
#define SQLITE_STMT_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "libcommon/buf.h"
#include "libcommon/err.h"

/* Make an error of a result code that was not expected, and a message that
 * says what to do. */
enum err sqlite_error(sqlite3 *db, int rc, char *errmsg);
/* Whether this result means that the disk is full. */
bool sqlite_is_full(sqlite3 *db, int rc);

/* Run statements that return nothing. */
enum err sqlite_run(sqlite3 *db, const char *sql, char *errmsg);
enum err sqlite_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out,
                        char *errmsg);
/* n of them; after an error the first ones may be there. */
enum err sqlite_prepare_all(sqlite3 *db, const char *const *sql, size_t n,
                            sqlite3_stmt **out, char *errmsg);
/* The one integer that `sql` returns. */
enum err sqlite_query_int(sqlite3 *db, const char *sql, int64_t *out,
                          char *errmsg);

/* Make a statement ready for its next use. */
void sqlite_done(sqlite3_stmt *stmt);
void sqlite_bind_int(sqlite3_stmt *stmt, int n, int64_t value);
void sqlite_bind_u64(sqlite3_stmt *stmt, int n, uint64_t value);
/* The bytes must stay until sqlite_done. Empty: NULL. */
void sqlite_bind_view(sqlite3_stmt *stmt, int n, struct view bytes);

#endif
