/* SPDX-License-Identifier: MIT */
/* step_mark - when a process began its last step, for others on its machine to
 * read: so they tell one that hangs from one that is gone.
 *
 * A word in memory of the process, which others read through its entry in
 * /proc: nothing is left behind, and nobody reads the word of a dead process.
 * What may be concluded from it: proto/lease.h.
 */
#ifndef STEP_MARK_H
#define STEP_MARK_H

#include "libcommon/ids.h"

struct step_mark;

/* NULL: this system offers none. All below do nothing with NULL then. */
struct step_mark *step_mark_open(void);
/* Also says that no step will come: what is read is never the past of a process
 * that goes on without steps. */
void step_mark_close(struct step_mark *m);
/* For step_mark_read, elsewhere; "" and zeroed: none. */
const char *step_mark_name(const struct step_mark *m);
boot_id step_mark_key(const struct step_mark *m);

/* A step begins: before it looks at its clock. */
void step_mark_begin(struct step_mark *m);
/* It began at now_ms (clock_boot_ms). It proves something from here on. */
void step_mark_set(struct step_mark *m, int64_t now_ms);

/* When the last step of a process began (clock_boot_ms); INT64_MAX: not known,
 * or what is done at this moment must not be interrupted. Any name is fine. */
int64_t step_mark_read(const char *name, boot_id key);

#endif
