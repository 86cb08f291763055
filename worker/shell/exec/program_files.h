/* SPDX-License-Identifier: MIT */
/* program_files - the files that stdout and stderr of a program go to. */
#ifndef PROGRAM_FILES_H
#define PROGRAM_FILES_H

#include "worker/shell/exec/program.h"

struct program_files {
    int out, err; /* -1: none; above 2, closed by exec */
};

/* Open them, with the program's umask, empty unless it appends; the same name
 * is the same descriptor. Never blocks on a pipe. ERR_CLOSED: one cannot be
 * opened; ERR_BUSY: not now; errmsg. Then none is open. */
enum err program_files_open(const struct program *program,
                            struct program_files *out, char *errmsg);
void program_files_close(const struct program_files *files);

#endif
