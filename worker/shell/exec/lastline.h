/* SPDX-License-Identifier: MIT */
/* lastline - the last thing a program said, for people to read. Pure. */
#ifndef LASTLINE_H
#define LASTLINE_H

#include "libcommon/buf.h"

/* Bytes of a line at most; a longer one is cut. */
#define LASTLINE_LEN_MAX 240

/* Add the last line of `text` that is not blank: without blanks around it,
 * control characters and what is not UTF-8 replaced by '?'. Nothing is added
 * when there is none. */
void lastline_add(struct buf *out, struct view text);

#endif
