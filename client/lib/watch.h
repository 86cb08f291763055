/* SPDX-License-Identifier: MIT */
/* watch - how far the job of a future is, since somebody asked for it. */
#ifndef WATCH_H
#define WATCH_H

#include "client/lib/job_future.h"

/* What it said; nobody may be interested. */
void watch_note(struct job_future *j, uint64_t done, uint64_t total,
                struct view doing);
/* Nobody is interested any more: a no-op when nobody was. */
void watch_end(struct job_future *j);

#endif
