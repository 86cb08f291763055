/* SPDX-License-Identifier: MIT */
/* vdisk - the store behind a thread, as the coordinator's shell will run it.
 *
 * Group commit: while one batch is being written, the next forms. A crash
 * drops what has formed, and either drops or keeps the batch being written.
 * Reads are answered some time later, from what is committed.
 */
#ifndef VDISK_H
#define VDISK_H

#include "coordinator/core/coord.h"
#include "coordinator/store/retention.h"
#include "coordinator/store/store.h"
#include "libcommon/list.h"
#include "tests/sim/vclock.h"

struct vdisk_quality {   /* zeroed: a good disk */
    unsigned slow_pm;    /* syncs that take very long, of 1000 */
    int64_t sync_max_ms; /* an ordinary one; at least 1 */
    unsigned error_pm;   /* commits that fail, of 100 000 */
};

enum vdisk_phase { VDISK_IDLE, VDISK_WRITING, VDISK_SYNCED };

struct vdisk {
    struct world *world;
    struct vdisk_quality quality;
    struct store *store; /* outlives the coordinator */
    enum vdisk_phase phase;
    struct records forming, writing;
    struct store_report report; /* of the batch that is synced */
    uint64_t n_written;         /* in this life of the coordinator */
    bool stuck; /* no room for anything: the batch is tried again */
    struct timer timer;
    struct list reads;
    bool retains;      /* what has ended is not kept for ever */
    int64_t tidied_ms; /* last looked for what may go */
};

void vdisk_init(struct vdisk *d, struct world *w);
void vdisk_fini(struct vdisk *d);

/* Hand records over; takes them. */
void vdisk_write(struct vdisk *d, struct records *records);
void vdisk_read(struct vdisk *d, const struct coord_read *read);
/* No batch is being written, none forms, no read is open. */
bool vdisk_is_idle(const struct vdisk *d);

/* Write all that was handed over, at once: a clean stop. */
void vdisk_flush(struct vdisk *d);
/* The process died. */
void vdisk_crash(struct vdisk *d);
void vdisk_set_full(struct vdisk *d, bool full);
/* How long it keeps what has ended; without a call: for ever. */
void vdisk_retain(struct vdisk *d, const struct retention *rule);
bool vdisk_has(const struct vdisk *d, job_id id);

#endif
