/* SPDX-License-Identifier: MIT */
/* idle_monitor - looks now and then whether an attempt with an idle limit goes
 * on.
 */
#ifndef IDLE_MONITOR_H
#define IDLE_MONITOR_H

#include "libcommon/rt/co/alarm.h"

/* Zeroed memory is a monitor that does not look. */
struct idle_monitor {
    struct alarm alarm;
    struct alarm_set *alarms;
    int64_t every_ms;
    uint64_t seen;
    uint64_t (*count)(void *arg); /* changes whenever the attempt goes on */
    void (*beat)(void *arg);      /* called when it has changed */
    void *arg;
};

/* Look each quarter of the limit; idle_ms > 0. The caller has set count, beat
 * and arg. */
void idle_monitor_start(struct idle_monitor *p, struct alarm_set *alarms,
                        int64_t idle_ms);
void idle_monitor_stop(struct idle_monitor *p); /* harmless twice */

#endif
