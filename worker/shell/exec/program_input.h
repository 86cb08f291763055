/* SPDX-License-Identifier: MIT */
/* program_input - the stdin of a program: stored with the job, or fetched from
 * the yon run that hands it in. */
#ifndef PROGRAM_INPUT_H
#define PROGRAM_INPUT_H

#include "libcommon/rt/os/give_fd.h"
#include "worker/shell/exec/program.h"

/* Open it; its fd is -1 when there is none. Gives up when `stop` is readable.
 * ERR_CLOSED: it cannot be had; ERR_BUSY: not now; errmsg.
 * give_taken_end closes it, and says whether the program was started. */
enum err program_input_open(const struct program *program, int stop,
                            struct give_taken *out, char *errmsg);

#endif
