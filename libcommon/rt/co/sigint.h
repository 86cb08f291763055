/* SPDX-License-Identifier: MIT */
/* sigint - Ctrl-C at a program under yon_run: a call first, then the end.
 */
#ifndef SIGINT_H
#define SIGINT_H

#include <stdbool.h>

#include "libcommon/rt/co/loop.h"

/* Until the loop ends, call fn(arg) on it at the first SIGINT, instead of the
 * end of the process. The second one ends the process as ever; so does the
 * first when fn returns false. Only on the main thread of a program whose
 * SIGINT is at its default; a handler that it installs later takes over. */
void sigint_watch(struct loop *l, bool (*fn)(void *arg), void *arg);

#endif
