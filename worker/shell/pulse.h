/* SPDX-License-Identifier: MIT */
/* pulse - looks now and then whether an attempt with an idle limit lives.
 */
#ifndef PULSE_H
#define PULSE_H

#include "libcommon/rt/co/alarm.h"

/* Zeroed memory is one that does not look. */
struct pulse {
    struct alarm alarm;
    struct alarm_set *alarms;
    int64_t every_ms;
    uint64_t seen;
    uint64_t (*count)(void *arg); /* another number: it lives */
    void (*beat)(void *arg);      /* it did since the last look */
    void *arg;
};

/* Look every quarter of the limit; idle_ms > 0. The caller filled in count,
 * beat and arg. */
void pulse_start(struct pulse *p, struct alarm_set *alarms, int64_t idle_ms);
void pulse_stop(struct pulse *p); /* harmless twice */

#endif
