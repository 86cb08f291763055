/* SPDX-License-Identifier: MIT */
/* call_progress - the progress that running calls note as often as they like.
 * It is passed on a few times a second: the latest of each call.
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
    struct list pending; /* struct call_progress, not passed on yet */
    call_progress_fn *fn;
    void *arg;
};

/* Of one call or command. Zeroed at first, but for set and id. */
struct call_progress {
    struct call_progress_set *set;
    struct attempt_key id;
    struct list place; /* in set->pending; zeroed before the first note */
    uint32_t pid;      /* the process in which it runs; 0: not known yet */
    uint64_t n_notes;  /* so far */
    uint64_t done, total;
    struct blob *doing;
};

/* fn is called on the loop; its argument is borrowed. */
void call_progress_set_init(struct call_progress_set *set,
                            struct alarm_set *alarms, call_progress_fn *fn,
                            void *arg);
/* After call_progress_fini of all in it. */
void call_progress_set_fini(struct call_progress_set *set);

/* Note done, total and doing of `a`. Cheap: fn is not called within it. */
void call_progress_note(struct call_progress *s, const struct advance *a);
void call_progress_note_pid(struct call_progress *s, uint32_t pid);
void call_progress_fini(struct call_progress *s);

/* Pass all on now, if it is time: for a call that holds the loop. */
void call_progress_tell_if_due(struct call_progress_set *set);

#endif
