/* SPDX-License-Identifier: MIT */
/* lease_guard - ends a process whose lease is over while it cannot do so
 * itself: held by a call, stopped, or asleep with its machine.
 *
 * The process publishes, in memory that its supervisor shares, until when it
 * may run what it runs. One without a supervisor is guarded by a thread of its
 * own, which does not help when the process is stopped as a whole.
 */
#ifndef LEASE_GUARD_H
#define LEASE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "libcommon/ids.h"

struct lease_guard; /* in shared memory */

/* Memory for one, which outlives the processes that use it; -1: none. */
int lease_guard_open(void);
/* The guard behind the descriptor; -1: one of this process alone. NULL: it
 * cannot be used. Never unmapped. */
struct lease_guard *lease_guard_map(int fd);

/* When something runs, this process must have ended by over_ms (clock_boot_ms).
 */
void lease_guard_set(struct lease_guard *g, int64_t over_ms, bool runs);
bool lease_guard_is_over(const struct lease_guard *g, int64_t now_ms);
/* When to ask again whether it is over. */
int64_t lease_guard_look_ms(const struct lease_guard *g, int64_t now_ms);

/* This process has begun, under that id. Returns that of the one before it,
 * which is dead with all that it ran; zeroed: there is none to be known. */
boot_id lease_guard_begin(struct lease_guard *g, boot_id boot);
/* Something that the process has run may live on. */
void lease_guard_forget(struct lease_guard *g);

/* A thread that looks, and ends this process with all its programs. False:
 * there is no thread to be had. */
bool lease_guard_watch(struct lease_guard *g);

#endif
