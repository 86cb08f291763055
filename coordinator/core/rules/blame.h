/* SPDX-License-Identifier: MIT */
/* blame - which attempt took a worker down.
 *
 * An attempt that is known to have done it, by the note its process left behind
 * or because it alone ran there, is charged with a crash; three of them end its
 * element as poisoned. When several ran there and none is known to have done
 * it, or when it is not known whether the only one had begun, all are suspects:
 * each is started again on a worker that runs nothing else and has confirmed
 * that it has it (ASSIGN with alone), so that the next crash tells. Attempts on
 * a worker that said goodbye, or beside a known culprit, are not blamed at all;
 * and when a worker that was taken for dead is heard again, the blame is taken
 * back.
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
/* Attempts were blamed for the loss of this worker. */
void blame_note(struct coord *c, const struct session *s);
/* The worker lives: the blame for its loss is taken back. */
void blame_acquit(struct coord *c, const struct session *s);

#endif
