/* SPDX-License-Identifier: MIT */
/* ballast - a file that keeps space for the outcomes of a full disk.
 *
 * It occupies space while there is plenty. When the disk is full it gives the
 * space free, so that outcomes can still be written while submits are refused.
 */
#ifndef BALLAST_H
#define BALLAST_H

#include <stdbool.h>

/* Bytes that the ballast keeps: the worst outcome, in the WAL and then in the
 * database, and some. */
#define BALLAST_LEN (4 << 20)

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
