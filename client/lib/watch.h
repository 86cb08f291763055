/* SPDX-License-Identifier: MIT */
/* watch - how far a job is, since somebody asked for it. */
#ifndef WATCH_H
#define WATCH_H

#include "client/lib/request.h"
#include "libcommon/buf.h"
#include "libcommon/pace.h"

struct watch {
    struct loop *loop;
    yon_future *request; /* to the coordinator; NULL: not asked */
    yon_future *news;    /* over with the next report; NULL: nobody waits */
    uint64_t n_reports, n_taken;
    uint64_t done, total; /* of the newest report, */
    struct buf doing;     /* ... as well */
    struct pace pace;
};

struct watch *watch_new(struct loop *loop);
/* Wakes those who wait for news. NULL is fine. */
void watch_free(struct watch *w);

/* Have the coordinator of a client report on the job. Once. */
void watch_ask(struct watch *w, yon_client *c, uint64_t job, uint32_t elem);
/* Take a report of the job; one without news is ignored. */
void watch_note(struct watch *w, const struct op_progress *report);

/* Whether there is a report that was not taken. */
bool watch_has_news(const struct watch *w);
/* A future that ends with the next report, or with the watch. The caller holds
 * a reference. */
yon_future *watch_news(struct watch *w);
/* The newest report. out->doing is valid until the next one. */
void watch_take(struct watch *w, struct yon_advance *out);

#endif
