/* SPDX-License-Identifier: MIT */
/* misuse - the end of a process whose program has used yon in a way that cannot
 * be an error code: its own mistake, and no bug of ours. docs/misuse.md lists
 * them.
 */
#ifndef MISUSE_H
#define MISUSE_H

#include <stdint.h>

#include "libcommon/buf.h"

/* Who has called: the running coroutine. */
struct misuse_place {
    const char *name; /* NULL: none runs */
    uintptr_t entry;  /* its function, when it has no name of its own; or 0 */
};

/* Append the name of a function. */
void misuse_name(struct buf *out, uintptr_t function);

/* "yon: misuse: FUNCTION: WHAT, in coroutine NAME" on stderr; then SIGABRT. */
_Noreturn void misuse(const char *function, const char *what,
                      struct misuse_place place);

#endif
