/* SPDX-License-Identifier: MIT */
/* process - start a program as a process: in a session and a group of its own,
 * stdin from /dev/null, stdout and stderr into pipes.
 *
 * posix_spawn does not copy the tables of our address space, as fork would.
 * The program gets no other descriptor of ours, no blocked and no ignored
 * signal.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include "program.h"

/* Exit codes of a shell for a program that could not be started. */
#define PROCESS_CODE_CANNOT 126
#define PROCESS_CODE_ABSENT 127

struct process {
    pid_t pid; /* also its group; the caller waits for it */
    int out;   /* our ends of the pipes: non-blocking, closed by exec */
    int err;
};

/* ERR_ABSENT   no such program;  ERR_SYSTEM  it cannot be started. errmsg says
 * what to do. */
enum err process_start(const struct program *program, struct process *out,
                       char *errmsg);

#endif
