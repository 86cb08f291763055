/* SPDX-License-Identifier: MIT */
/* program_input - the stdin of a program: stored with the job, or fetched from
 * the yon run that hands it in. */
#ifndef PROGRAM_INPUT_H
#define PROGRAM_INPUT_H

#include "worker/shell/exec/program.h"

/* Open it; *fd -1: it has none. Closed by exec, above 2, the caller's. Gives up
 * when `stop` is readable. ERR_CLOSED: it cannot be had; errmsg. */
enum err program_input_open(const struct program *program, int stop, int *fd,
                            char *errmsg);

#endif
