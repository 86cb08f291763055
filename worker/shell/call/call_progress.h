/* SPDX-License-Identifier: MIT */
/* call_progress - what running calls say of how far they are, as often as they
 * like; it is told some times a second, the last word of each.
 */
#ifndef CALL_PROGRESS_H
#define CALL_PROGRESS_H

#include "libcommon/list.h"
#include "libcommon/rt/co/alarm.h"
#include "proto/op.h"

#define CALL_PROGRESS_MS 200 /* between two tellings */

typedef void call_progress_fn(void *arg, const struct advances *advances);

struct call_progress_set {
    struct alarm_set *alarms;
    struct alarm alarm;
    int64_t told_ms;
    struct list pending; /* struct call_progress, not told yet */
    call_progress_fn *fn;
    void *arg;
};

/* Of one call. Zeroed but for the first two. */
struct call_progress {
    struct call_progress_set *set;
    struct attempt_key id;
    struct list place; /* in set->pending; zeroed: it never said anything */
    uint64_t n_notes;  /* so far */
    uint64_t done, total;
    struct blob *doing;
};

/* fn is called on the loop; what it gets lives for the call. */
void call_progress_set_init(struct call_progress_set *set,
                            struct alarm_set *alarms, call_progress_fn *fn,
                            void *arg);
void call_progress_set_fini(
    struct call_progress_set *set); /* all words are gone */

/* Takes no time worth mentioning: nothing is told within it. Of `a` only done,
 * total and doing count. */
void call_progress_note(struct call_progress *s, const struct advance *a);
void call_progress_fini(struct call_progress *s);

/* Tell all now, if it is time: for a loop that does not turn meanwhile. */
void call_progress_tell_if_due(struct call_progress_set *set);

#endif
