/* SPDX-License-Identifier: MIT */
/* shellword - a word as a shell would take it: for lines that people copy.
 * Pure.
 */
#ifndef SHELLWORD_H
#define SHELLWORD_H

#include "libcommon/buf.h"

/* In quotes where it needs them. {} and its like stay bare, as yon's own
 * examples write them. */
void shellword_add(struct buf *out, struct view word);

#endif
