/* SPDX-License-Identifier: MIT */
/* reload - reads the modules of a worker anew, and looks whether they load
 * before anybody gets them. That runs code of theirs, so a process of its own
 * does it; nothing is waited for.
 */
#ifndef RELOAD_H
#define RELOAD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "worker/shell/call/module_files.h"

/* Zeroed memory has nothing to do. */
struct reload {
    struct module_files next; /* that are being looked at */
    pid_t pid;                /* of the process that does; 0: there is none */
    bool again;               /* they were to be read anew meanwhile */
};

/* Read the files of `now` again. mask: of signals, for the process. When a file
 * cannot be read that is logged, and all stays as it is. */
void reload_begin(struct reload *r, const struct module_files *now,
                  const sigset_t *mask);
/* Its process has ended. True: `now` has been replaced; else that is logged,
 * and all stays as it is. */
bool reload_ended(struct reload *r, int status, struct module_files *now,
                  const sigset_t *mask);
void reload_fini(struct reload *r);

#endif
