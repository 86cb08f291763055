/* SPDX-License-Identifier: MIT */
/* idle_monitor - looks now and then whether an attempt with an idle limit goes
 * on.
 */
#include "worker/shell/call/idle_monitor.h"

#include "libcommon/check.h"

#define LOOKS_PER_LIMIT 4

static void look(struct alarm *a)
{
    struct idle_monitor *p = CONTAINER_OF(a, struct idle_monitor, alarm);
    uint64_t n = p->count(p->arg);

    alarm_start(p->alarms, a, p->every_ms, look);
    if (n == p->seen)
        return;
    p->seen = n;
    p->beat(p->arg);
}

void idle_monitor_start(struct idle_monitor *p, struct alarm_set *alarms,
                        int64_t idle_ms)
{
    ASSERT(idle_ms > 0 && p->count != NULL && p->beat != NULL);
    p->alarms = alarms;
    p->every_ms = idle_ms / LOOKS_PER_LIMIT + (idle_ms < LOOKS_PER_LIMIT);
    p->seen = p->count(p->arg);
    alarm_start(alarms, &p->alarm, p->every_ms, look);
}

void idle_monitor_stop(struct idle_monitor *p)
{
    if (p->alarms != NULL)
        alarm_clear(p->alarms, &p->alarm);
}
