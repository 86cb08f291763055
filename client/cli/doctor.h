/* SPDX-License-Identifier: MIT */
/* doctor - looks at this machine, and says what is wrong and what helps.
 *
 * To add a check: a row in the table at the end of doctor.c, and its function,
 * which fills in a diagnosis.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "client/cli/cli.h"

enum health { HEALTH_OK, HEALTH_WARN, HEALTH_FAIL };

/* Zeroed: all is well. */
struct diagnosis {
    const char *check; /* its name, a word or two */
    enum health health;
    struct buf what; /* what was found */
    struct buf mend; /* what to do; empty when all is well */
};

const char *health_name(enum health health); /* "ok", "warn", "fail" */

/* Call each(arg) with what each check has found, in a fixed order; c->server is
 * set. The diagnosis is gone afterwards. Returns the worst. Suspends. */
enum health doctor_await(struct cli *c,
                         void (*each)(void *arg, const struct diagnosis *f),
                         void *arg);

#endif
