/* SPDX-License-Identifier: MIT */
/* lastline - the last thing a program said in its log. */
#ifndef LASTLINE_H
#define LASTLINE_H

#include <stddef.h>

/* The last line of a file that is not empty, cut to `size` with its NUL; ""
 * when there is none. */
void last_line(const char *path, char *out, size_t size);

#endif
