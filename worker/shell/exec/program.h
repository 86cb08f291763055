/* SPDX-License-Identifier: MIT */
/* program - a command as the kernel takes it: arguments, environment, folder.
 *
 * The environment is that of the submitter, or a few variables of the worker;
 * then those that the submit names, and YON_*, which nobody else sets: YON_JOB
 * (42 or 42.7), YON_ATTEMPT ("EPOCH.N", the fence), YON_TRIES (1 for the first
 * start), YON_SERVER, YON_WORKER (sweep.h), and for an element of an array
 * YON_INDEX and YON_ITEM.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "libcommon/buf.h"
#include "libcommon/err.h"
#include "libcommon/rt/os/rlimits.h"
#include "worker/core/assignment.h"

/* Bytes of all arguments, and of the environment: what Linux takes with its
 * usual limit of the stack. */
#define PROGRAM_LEN_MAX (2u << 20)

struct program {
    char **argv;
    char **envp;
    char *cwd; /* NULL: that of the worker */
    /* Files for its stdout and stderr, from cwd on; NULL: a pipe. */
    char *out_file, *err_file;
    bool append;           /* ... which keep what they have */
    bool one_output;       /* stderr goes where stdout does */
    uint64_t output_limit; /* bytes to keep of each; 0: as usual */
    int umask;             /* -1: the worker's */
    struct rlimits limits;
    struct view input;  /* its stdin; empty: none is stored. Borrowed from */
    struct view ticket; /* the spec, as the ticket of one (give_fd.h) */
};

/* Make it for an attempt. On error *out is empty, and errmsg says what is
 * wrong:
 *
 * ERR_SHORT, ERR_FORMAT, ERR_RANGE, ERR_TYPE  the spec cannot be read;
 * ERR_LIMIT                                   it is over PROGRAM_LEN_MAX. */
enum err program_make(const struct assignment *from, struct program *out,
                      char *errmsg);
void program_fini(struct program *p);

#endif
