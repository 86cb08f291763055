/* SPDX-License-Identifier: MIT */
/* known_worker - workers that may hold attempts, as the store knows them: the
 * next life of the coordinator will wait for these. */
#ifndef KNOWN_WORKER_H
#define KNOWN_WORKER_H

#include "libcommon/buf.h"
#include "libcommon/ids.h"
#include "libcommon/list.h"

struct coord;

struct known_worker {
    boot_id boot;
    struct blob *name;
    uint64_t lsn;  /* on disk when so many records are */
    bool expected; /* of a former life, not heard of yet */
    struct list in_all;
};

struct known_worker *known_worker_find(const struct coord *c, boot_id boot);
/* Shares the name. Recorded, unless it comes from the store. */
void known_worker_add(struct coord *c, boot_id boot, struct blob *name);
/* It holds nothing any more. Recorded. */
void known_worker_drop(struct coord *c, struct known_worker *k);
/* The worker of this boot has reconciled: recovery need not wait for it. */
void known_worker_heard(struct coord *c, boot_id boot);
void known_workers_free(struct coord *c);

#endif
