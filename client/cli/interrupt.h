/* SPDX-License-Identifier: MIT */
/* interrupt - Ctrl-C, and other signals that ask for an end, as a future. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

#include <yon/yon.h>

struct interrupt_how {
    /* SIGTERM and SIGHUP as well; not a SIGHUP that was ignored, as under
     * nohup. */
    bool with_term;
    /* Called at each further signal; NULL: SIGINT ends the process at once,
     * with EXITS_INTERRUPT. The others are not meant so: timeout(1) and a
     * terminal that closes send theirs twice. */
    void (*again)(void *arg);
    void *arg;
};

/* Ends with 0 at the first signal. yon_free gives the signals back. Inside a
 * coroutine. */
yon_future *interrupt_new(struct interrupt_how how);
/* The signal that ended it; 0: none yet. */
int interrupt_signal(const yon_future *interrupt);

#endif
