/* SPDX-License-Identifier: MIT */
/* part - numbers in a sentence: "2 failed, 7 lost". Pure. */
#ifndef PART_H
#define PART_H

#include "libcommon/buf.h"

/* Add `before`, n and `what`, behind a comma unless it is the first in *out;
 * nothing when n is 0. */
void part_add(struct buf *out, const char *before, uint64_t n,
              const char *what);

#endif
