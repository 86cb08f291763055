/* SPDX-License-Identifier: MIT */
/* former - outcomes as databases of former schemas keep them. Pure. */
#ifndef FORMER_H
#define FORMER_H

#include "libcommon/buf.h"

/* Append the same outcome in today's form. Until schema 2 the fields of the
 * body stood in the outcome itself, behind ended_ms. ERR_SHORT, ERR_RANGE,
 * ERR_FORMAT, ERR_TYPE: it is damaged; nothing is appended. */
enum err former_outcome(struct buf *out, struct view former);

#endif
