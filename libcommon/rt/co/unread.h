/* SPDX-License-Identifier: MIT */
/* unread - tells of errors that nobody has read, when their futures go.
 */
#ifndef UNREAD_H
#define UNREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/buf.h"
#include "libcommon/err.h"

/* Borrowed for the call. */
struct unread {
    const char *what; /* "coroutine fetch", "job 42" */
    enum err err;
    const char *text; /* for people; never NULL */
    const char *job;  /* label of the job in which that is; NULL: none */
};
typedef void unread_fn(const struct unread *u);

/* Tell this function from now on, instead of writing a line on stderr; for all
 * threads, before they begin. NULL: nobody. */
void unread_set(unread_fn *fn);
/* Whether somebody is told. $YON_UNREAD=0 is the switch. */
bool unread_is_on(void);
/* text: NULL: that of the code. Any thread. */
void unread_tell(const char *what, enum err err, const char *text);

/* Append the name of a function to what it is: "coroutine fetch". */
void unread_name(struct buf *out, const char *what, uintptr_t function);

#endif
