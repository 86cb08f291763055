/* SPDX-License-Identifier: MIT */
/* vdisk - the store behind a thread, as the coordinator's shell runs it.
 *
 * Group commit: while one batch is being written, the next forms. A crash
 * drops the batch that forms, and drops or keeps the one being written. Reads
 * are answered some time later, from what is committed.
 */
#ifndef VDISK_H
#define VDISK_H

#include "coordinator/core/coord.h"
#include "coordinator/store/lived.h"
#include "coordinator/store/retention.h"
#include "coordinator/store/store.h"
#include "libcommon/list.h"
#include "tests/sim/vclock.h"

struct vdisk_quality {   /* zeroed: a good disk */
    unsigned slow_pm;    /* syncs of 1000 that take very long */
    int64_t sync_max_ms; /* of an ordinary sync; at least 1 */
    unsigned error_pm;   /* commits of 100 000 that fail */
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
    bool stuck;                 /* no room at all: the batch is tried again */
    struct timer timer;
    struct list reads;
    bool retains; /* ended jobs are removed after a while */
    struct retention rule;
    int64_t tidied_ms; /* the last time that it removed some */
};

void vdisk_init(struct vdisk *d, struct world *w);
void vdisk_fini(struct vdisk *d);

/* Hand records over; takes what they hold. */
void vdisk_write(struct vdisk *d, struct records *records);
void vdisk_read(struct vdisk *d, const struct coord_read *read);
/* Whether no batch is written, none forms, and no read is open. */
bool vdisk_is_idle(const struct vdisk *d);

/* Write all that was handed over, at once: a clean stop. */
void vdisk_flush(struct vdisk *d);
/* The process died. */
void vdisk_crash(struct vdisk *d);
void vdisk_set_full(struct vdisk *d, bool full);
/* How long ended jobs are kept; without a call: for ever. */
void vdisk_retain(struct vdisk *d, const struct retention *rule);
bool vdisk_has(const struct vdisk *d, job_id id);

#endif
