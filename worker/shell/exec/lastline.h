/* SPDX-License-Identifier: MIT */
/* lastline - the last line that a program wrote, for people. Pure. */
#ifndef LASTLINE_H
#define LASTLINE_H

#include "libcommon/buf.h"

/* Bytes; a longer line is cut. */
#define LASTLINE_LEN_MAX 240

/* Add the last line of `text` that is not blank, if there is one; what a
 * compiler shows of its source below an error is passed over. Blanks around the
 * line are removed; control characters and bytes that are no UTF-8 become '?'.
 */
void lastline_add(struct buf *out, struct view text);

#endif
