/* SPDX-License-Identifier: MIT */
/* pulse - see pulse.h. */
#include "worker/shell/pulse.h"

#include "libcommon/check.h"

#define LOOKS_PER_LIMIT 4

static void look(struct alarm *a)
{
    struct pulse *p = CONTAINER_OF(a, struct pulse, alarm);
    uint64_t n = p->count(p->arg);

    alarm_start(p->alarms, a, p->every_ms, look);
    if (n == p->seen)
        return;
    p->seen = n;
    p->beat(p->arg);
}

void pulse_start(struct pulse *p, struct alarm_set *alarms, int64_t idle_ms)
{
    p->alarms = alarms;
    p->every_ms = idle_ms / LOOKS_PER_LIMIT + (idle_ms < LOOKS_PER_LIMIT);
    p->seen = p->count(p->arg);
    alarm_start(alarms, &p->alarm, p->every_ms, look);
}

void pulse_stop(struct pulse *p)
{
    if (p->alarms != NULL)
        alarm_clear(p->alarms, &p->alarm);
}
