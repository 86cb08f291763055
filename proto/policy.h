/* SPDX-License-Identifier: MIT */
/* policy - the wishes of a submit for elements that do not end well (op.h):
 * checks, and what follows from them.
 *
 * retry_on lists, with commas, the ends after which another try may start:
 *   exit=75 exit=1-5     a command that ended with such a code (1 to 255)
 *   signal=9 signal=1-15 a command that ended by such a signal (1 to 64)
 *   error=TEXT           a call that failed so: TEXT is the name of its code
 *                        (EBUSY, or YON_EBUSY) or stands in its message
 *   exit signal error start function limit start-timeout run-timeout
 *   idle-timeout         any outcome of this reason
 *   crash lost           no effect: after a crash, or the loss of its worker,
 *                        an element starts again anyway
 *
 * Pure.
 */
#ifndef POLICY_H
#define POLICY_H

#include "proto/op.h"

#define POLICY_RETRIES_MAX 1000000
/* Of back-off, and of the delay that a job asks for itself. */
#define POLICY_DELAY_MAX_MS (UINT32_C(7) * 24 * 3600 * 1000)
/* The back-off of a policy that names none. */
#define POLICY_BACKOFF_MIN_MS 1000
#define POLICY_BACKOFF_MAX_MS 60000
/* Retries of a job that asks for them itself when its policy names no number.
 */
#define POLICY_RETRIES_ASKED 10
/* The message of a cancel because of max_fails begins so. */
#define POLICY_MAX_FAILS_WHY "max-fails: "

/* ERR_RANGE, ERR_FORMAT, ERR_LIMIT: errmsg says what is wrong. */
enum err policy_check(const struct policy *p, char *errmsg);

/* Whether an element starts again after the end *o, which was its failure
 * number n_failed. */
bool policy_retries(const struct policy *p, const struct outcome *o,
                    uint32_t n_failed);
/* The longest pause before that start, in ms; the back-off is a random part of
 * it. 0: none. */
uint32_t policy_backoff_ms(const struct policy *p, uint32_t n_failed);
/* When so many of n elements have failed for good, the others end; 0: never. */
uint32_t policy_max_fails(const struct policy *p, uint32_t n);

#endif
