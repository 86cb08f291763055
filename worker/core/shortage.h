/* SPDX-License-Identifier: MIT */
/* shortage - fewer attempts at once while the machine lacks processes,
 * descriptors or memory.
 *
 * A start that the machine refuses is no attempt: the attempt is handed back (a
 * suspect waits here), and from then on only as many run at once as do now.
 * After a pause a few more are tried. A refusal doubles the pause, up to
 * SHORTAGE_MAX_MS.
 *
 * Pure.
 */
#ifndef SHORTAGE_H
#define SHORTAGE_H

#include "worker/core/attempts.h"

#define SHORTAGE_MIN_MS 100
#define SHORTAGE_MAX_MS 5000
#define SHORTAGE_WHY_LEN 160

struct worker;

/* Of one place. Zeroed: there is none. */
struct shortage {
    bool active;
    bool raised;      /* more were allowed since the last refusal */
    int64_t pause_ms; /* between two raises */
    int64_t next_ms;  /* when more are allowed */
    int64_t since_ms; /* wall clock */
    char why[SHORTAGE_WHY_LEN];
};

/* Fill in what a BEAT says of it. */
void shortage_tell(const struct worker *w, struct op_beat *beat);

/* An attempt could not be started, and takes no place any more. */
void shortage_met(struct worker *w, enum attempt_place place, struct view why);
void shortage_tick(struct worker *w);
/* When shortage_tick has something to do; INT64_MAX: never. */
int64_t shortage_wake_ms(const struct worker *w);

#endif
