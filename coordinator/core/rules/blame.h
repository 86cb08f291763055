/* SPDX-License-Identifier: MIT */
/* blame - which attempt took a worker down.
 *
 * An attempt that is known to have done it, by the note its process left behind
 * or because it alone ran there, is charged with a crash; three of them end its
 * element as poisoned. When several ran there and nobody is known, or when it
 * is not known whether the only one had begun, all are suspects: each is
 * started again where nothing else runs, and when its worker has said that it
 * has it (ASSIGN with alone), so that the next crash tells. What ran on a
 * worker that said goodbye, or beside a known culprit, is not blamed at all;
 * and when a worker that was taken for dead is heard again, what it was blamed
 * for is taken back.
 */
#ifndef BLAME_H
#define BLAME_H

#include "coordinator/core/model/attempt.h"

/* An attempt took its process down: it is started again, or ended. */
void blame_crash(struct coord *c, struct attempt *a, const struct outcome *o);
/* Its worker was lost, and it is charged with that. True: that was one crash
 * too many, and its element has ended. */
bool blame_charge(struct coord *c, struct attempt *a, enum blame blame,
                  const struct session *s, const struct outcome *o);
/* The loss of this worker was put on what ran there. */
void blame_note(struct coord *c, const struct session *s);
/* A worker lives: what its loss was blamed for is taken back. */
void blame_acquit(struct coord *c, const struct session *s);

#endif
