/* SPDX-License-Identifier: MIT */
/* policy - what a submit wants when an element does not end well (op.h):
 * whether it is sound, and what follows from it.
 *
 * retry_on is a list with commas of what may be tried again:
 *   exit=75 exit=1-5     a command that ended with such a code (1 to 255)
 *   signal=9 signal=1-15 a command that ended by such a signal (1 to 64)
 *   error=TEXT           a call that failed so: TEXT is the name of its code
 *                        (EBUSY, or YON_EBUSY) or stands in its message
 *   exit signal error start function limit start-timeout run-timeout
 *   idle-timeout         any outcome of this reason
 *   crash lost           as good as not said: what crashed, or lost its worker,
 *                        is started again anyway
 * Pure.
 */
#ifndef POLICY_H
#define POLICY_H

#include "proto/op.h"

#define POLICY_RETRIES_MAX 1000000
/* Of back-off, and of what a job asks for itself. */
#define POLICY_DELAY_MAX_MS (UINT32_C(7) * 24 * 3600 * 1000)
/* When a policy says nothing of back-off. */
#define POLICY_BACKOFF_MIN_MS 1000
#define POLICY_BACKOFF_MAX_MS 60000
/* Retries of a job that asks for them itself when its policy names no number.
 */
#define POLICY_RETRIES_ASKED 10
/* So begins the message of a cancel because of max_fails. */
#define POLICY_MAX_FAILS_WHY "max-fails: "

/* ERR_RANGE, ERR_FORMAT, ERR_LIMIT: errmsg says what is wrong with it. */
enum err policy_check(const struct policy *p, char *errmsg);

/* Whether an element that failed as *o says is started again; it has failed
 * n_failed times, this time included. */
bool policy_retries(const struct policy *p, const struct outcome *o,
                    uint32_t n_failed);
/* The longest time to wait before it is, in ms: the back-off is a random part
 * of it. 0: none. */
uint32_t policy_backoff_ms(const struct policy *p, uint32_t n_failed);
/* How many of n elements may fail for good until the others end; 0: all. */
uint32_t policy_max_fails(const struct policy *p, uint32_t n);

#endif
