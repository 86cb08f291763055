/* SPDX-License-Identifier: MIT */
/* coord_check - doors for tests: the whole state is recounted, and looked into.
 */
#ifndef COORD_CHECK_H
#define COORD_CHECK_H

#include "libcommon/ids.h"

struct coord;

/* Recount everything and compare with what is kept. O(state). */
void coord_check(const struct coord *c);

/* Whether this attempt is the one that may report. */
bool coord_is_current(const struct coord *c, struct task_id task,
                      struct attempt_id attempt);
/* Sessions whose reads wait for a turn, in the order of turns. Returns how many
 * there are; fills in at most `max`. */
size_t coord_list_readers(const struct coord *c, session_id *out, size_t max);

#endif
