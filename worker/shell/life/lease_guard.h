/* SPDX-License-Identifier: MIT */
/* lease_guard - ends a process whose lease is over when it cannot end itself:
 * its loop is held by a call, or it is stopped, or was asleep with its machine.
 *
 * The process publishes the end of its lease in memory that it shares with its
 * supervisor. A process without a supervisor is guarded by a thread of its own,
 * which does not help when the whole process is stopped.
 */
#ifndef LEASE_GUARD_H
#define LEASE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/ids.h"

struct lease_guard; /* in shared memory */

/* Memory for n guards, which outlives the processes that use it; -1: none can
 * be had. before: such memory, which is taken, with the guards that are in it;
 * -1: new memory. */
int lease_guard_open(int before, uint32_t n);
/* A guard behind a descriptor, from 1, or (-1) a new one for this process
 * alone. It is never unmapped. NULL: it cannot be used. */
struct lease_guard *lease_guard_map(int fd, uint32_t number);

/* Publish the end of the lease (clock_boot_ms), and whether anything runs: then
 * the process must be gone by over_ms. */
void lease_guard_set(struct lease_guard *g, int64_t over_ms, bool runs);
bool lease_guard_has_lease(const struct lease_guard *g);
bool lease_guard_is_over(const struct lease_guard *g, int64_t now_ms);
/* When to ask again whether it is over. */
int64_t lease_guard_look_ms(const struct lease_guard *g, int64_t now_ms);

/* Leave the boot id of this process, which begins. Returns that of its
 * predecessor, which is dead with all that it ran; zeroed: that is not known.
 */
boot_id lease_guard_begin(struct lease_guard *g, boot_id boot);
/* Forget the boot id: something that its process has run may still live. */
void lease_guard_forget(struct lease_guard *g);

/* Start a thread that kills this process, with all its programs, when the lease
 * is over. False: no thread can be had. */
bool lease_guard_watch(struct lease_guard *g);

#endif
