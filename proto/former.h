/* SPDX-License-Identifier: MIT */
/* former - outcomes as databases of former schemas keep them. Pure. */
#ifndef FORMER_H
#define FORMER_H

#include "libcommon/buf.h"

/* Append the outcome of today that says what `former` says: until schema 2 the
 * fields of its body stood in the outcome itself, behind ended_ms. ERR_SHORT,
 * ERR_RANGE, ERR_FORMAT, ERR_TYPE: it is damaged; nothing is appended. */
enum err former_outcome(struct buf *out, struct view former);

#endif
