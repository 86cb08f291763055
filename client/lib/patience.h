/* SPDX-License-Identifier: MIT */
/* patience - how long to wait for a coordinator that does not answer.
 *
 * Only time in which the client tries counts: a program that does not await
 * does not run the loop, and after a pause of any length its patience is whole.
 * So time is counted in steps, and a long step counts as a quarter of the
 * patience. Zeroed memory with a limit is a patience that begins. Pure.
 */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

struct patience {
    int64_t limit_ms;   /* <= 0: for ever */
    int64_t waited_ms;  /* without a session, in all */
    int64_t renewed_ms; /* waited_ms at the newest session */
    int64_t seen_ms;    /* time of the last step */
};

/* The longest step that counts whole: the caller must step at least so often.
 */
int64_t patience_step_max(const struct patience *p);
/* Time has passed; in_vain: without a session. */
void patience_step(struct patience *p, int64_t now_ms, bool in_vain);
/* Whether patience is over for a wait that began when waited_ms was began_ms.
 */
bool patience_is_over(const struct patience *p, int64_t began_ms);
/* When to step next for such a wait; INT64_MAX: never. */
int64_t patience_wake_ms(const struct patience *p, int64_t began_ms);

#endif
