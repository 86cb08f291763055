/* SPDX-License-Identifier: MIT */
/* said - what running calls say of how far they are, as often as they like; it
 * is told some times a second, the last word of each.
 */
#ifndef SAID_H
#define SAID_H

#include "libcommon/list.h"
#include "libcommon/rt/co/alarm.h"
#include "proto/op.h"

#define SAID_MS 200 /* between two tellings */

typedef void said_fn(void *arg, const struct advances *advances);

struct said_set {
    struct alarm_set *alarms;
    struct alarm alarm;
    int64_t told_ms;
    struct list words; /* struct said, not told yet */
    said_fn *fn;
    void *arg;
};

/* Of one call. Zeroed but for the first two. */
struct said {
    struct said_set *set;
    struct attempt_key held;
    struct list place; /* in set->words; zeroed: it never said anything */
    uint64_t n_words;  /* so far */
    uint64_t done, total;
    struct blob *doing;
};

/* fn is called on the loop; what it gets lives for the call. */
void said_set_init(struct said_set *set, struct alarm_set *alarms, said_fn *fn,
                   void *arg);
void said_set_fini(struct said_set *set); /* all words are gone */

/* Takes no time worth mentioning: nothing is told within it. Of `a` only done,
 * total and doing count. */
void said_note(struct said *s, const struct advance *a);
void said_fini(struct said *s);

/* Tell all now, if it is time: for a loop that does not turn meanwhile. */
void said_tell_if_due(struct said_set *set);

#endif
