/* SPDX-License-Identifier: MIT */
/* opened - what a user has opened on a loop, and has to close before it ends.
 *
 * What is left then is closed for the user, and named with the coroutine that
 * opened it: a stream that was forgotten ends neither a worker nor a program.
 */
#ifndef OPENED_H
#define OPENED_H

#include <stdint.h>

#include "libcommon/list.h"

struct loop;

/* Part of that thing. Zeroed memory is forgotten already. */
struct opened {
    struct list link;   /* private */
    char *by;           /* private: the coroutine that opened it, by name, */
    uintptr_t entry;    /* ... or by its function. Private */
    const char *what;   /* "a stream"; it and the next two are borrowed */
    const char *which;  /* written behind it; NULL: nothing */
    const char *remedy; /* the function that closes it */
    /* Close it as the user should have; it forgets itself by that. */
    void (*close)(struct opened *o);
};

/* Opened now, by the running coroutine; the public fields are set. */
void opened_add(struct opened *o, struct loop *l);
/* The user closes it. Harmless twice. */
void opened_forget(struct opened *o);

/* Name and close all; it happens by itself when the loop is freed. What is open
 * on a loop of the user's stays, since that goes on. */
void opened_close_all(struct loop *l);

/* All borrowed for the call. */
struct opened_left {
    const char *what, *which, *by, *remedy;
};
typedef void opened_fn(const struct opened_left *left);
/* Tell this function from now on, instead of writing a line on stderr; for all
 * threads, before they begin. */
void opened_set(opened_fn *fn);

#endif
