/* SPDX-License-Identifier: MIT */
/* check - the end of a process that found a bug of its own. */
#include "libcommon/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *file, int line, const char *what)
{
    fprintf(stderr, "yon: bug at %s:%d: %s\n", file, line, what);
    abort();
}
