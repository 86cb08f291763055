/* SPDX-License-Identifier: MIT */
/* child - a child process as a future, and what it said last. */
#ifndef CHILD_H
#define CHILD_H

#include <sys/types.h>

#include <yon/yon.h>

#include "libcommon/err.h"

/* The program beside ours, or its name for PATH. The caller frees it. */
char *child_program(const char *name);

/* A descriptor that is passed on has this number there. */
#define CHILD_FD 3

/* Start argv in a session of its own, with no stdin and no stdout. log: file
 * that its stderr is added to; NULL: ours. pass_fd: as CHILD_FD; -1: none. The
 * future ends with the process:
 * with 0 for exit code 0, else with YON_EFAILED and a text ("exit code 1",
 * "signal 9"). Let go of it only after that. ERR_SYSTEM: it could not be
 * started, errmsg says why. Inside a coroutine. */
enum err child_start(char *const *argv, const char *log, int pass_fd,
                     yon_future **out, char *errmsg);
pid_t child_pid(yon_future *process);
/* Nothing happens when it has ended. */
void child_kill(yon_future *process, int signal);

/* The last line in its log that is not empty, cut to `size` with its NUL; ""
 * when there is none. */
void child_last_line(const char *log, char *out, size_t size);

#endif
