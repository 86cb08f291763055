/* SPDX-License-Identifier: MIT */
/* patience - how long to wait for a coordinator that does not answer.
 *
 * Only time in which the client tries counts. A program that does not await
 * does not run the loop; after a pause of any length it has all its patience.
 * So time is counted in steps, and of a long step only a quarter of the
 * patience. Zeroed memory, with a limit, is a patience that begins. Pure.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
    int64_t limit_ms;   /* <= 0: for ever */
    int64_t waited_ms;  /* in vain, all in all */
    int64_t renewed_ms; /* waited_ms when it was not in vain, last */
    int64_t seen_ms;    /* the last step */
};

/* The longest step that counts whole: the caller shall step as often. */
int64_t patience_step_max(const struct patience *p);
/* Time has passed; in vain, or there was a session. */
void patience_step(struct patience *p, int64_t now_ms, bool in_vain);
/* Whether who began to wait when waited_ms was `began_ms` has had enough. */
bool patience_is_over(const struct patience *p, int64_t began_ms);
/* When to step next for one who began then; INT64_MAX: never. */
int64_t patience_wake_ms(const struct patience *p, int64_t began_ms);

#endif
