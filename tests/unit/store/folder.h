/* SPDX-License-Identifier: MIT */
/* folder - a temporary folder for a test, and files in it.
 *
 * The files of an open database are only touched by a child process: closing a
 * file drops all locks that this process has on it.
 */
#ifndef FOLDER_H
#define FOLDER_H

#include <stddef.h>

struct folder {
    char path[128];
    char name[256]; /* what folder_name returned last */
};

void folder_make(struct folder *f);
void folder_remove(struct folder *f); /* with all that is in it */
/* Path of a file in it; valid until the next call. */
const char *folder_name(struct folder *f, const char *file);
/* Copy database `from` with its -wal to `to`, as they are: what a crash leaves.
 * Both are names in the folder. */
void folder_copy_database(struct folder *f, const char *from, const char *to);
/* Run a shell command in the folder; assert that it succeeds. */
void folder_shell(struct folder *f, const char *command);

#endif
