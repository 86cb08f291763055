/* SPDX-License-Identifier: MIT */
/* interrupt - Ctrl-C as a future. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

#include <yon/yon.h>

struct interrupt_how {
    bool with_term; /* SIGTERM and SIGHUP as well */
    /* Called at each further signal; NULL: the process ends at once, with
     * EXITS_INTERRUPT. */
    void (*again)(void *arg);
    void *arg;
};

/* Ends with 0 at the first SIGINT. yon_free gives the signals back. Inside a
 * coroutine. */
yon_future *interrupt_new(struct interrupt_how how);

#endif
