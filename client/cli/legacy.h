/* SPDX-License-Identifier: MIT */
/* legacy - what a worker leaves to the one that takes its place: the boot ids
 * of its processes, in memory that both know. The next one tells the
 * coordinator that these are dead with all that they ran, so that nobody waits
 * for a lease of theirs.
 *
 * It must be true: this process is a subreaper, so that what a dead worker has
 * left becomes its child, whatever it did, and is killed. A process that had
 * children before, or is the first one of a container, would kill those of
 * others, and does without.
 */
#ifndef LEGACY_H
#define LEGACY_H

#include <stdbool.h>

#include "libcommon/rt/os/children.h"

struct legacy {
    const char *path; /* borrowed */
    int fd;           /* the memory; -1: we do without */
    bool is_true;     /* no worker runs, nor anything that one has run */
};

/* Become a subreaper, before any child is started. path: a file that
 * legacy_leave has written; it is removed. */
void legacy_begin(struct legacy *l, const char *path);
/* The worker has the memory from now on: until legacy_settle_await nothing of
 * that is true. */
void legacy_give(struct legacy *l);
/* The worker has ended: kill what it has left. spare: our other children. When
 * that is not gone in time, or is not known, the memory is emptied. Suspends,
 * and cannot be cancelled. */
void legacy_settle_await(struct legacy *l, children_spare_fn *spare, void *arg);
/* Leave the memory to the next life of this directory. */
void legacy_leave(const struct legacy *l);
void legacy_fini(struct legacy *l);

#endif
