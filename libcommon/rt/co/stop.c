/* SPDX-License-Identifier: MIT */
/* stop - the list of stops of a coroutine, and stops with an alarm. */
#include "libcommon/rt/co/stop.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

struct stop_alarm {
    struct stop stop;
    struct alarm alarm;
    struct stop_list *list;
};

/* ---- the list ---- */

void stop_list_init(struct stop_list *l, struct alarm_set *alarms,
                    void (*struck)(struct stop_list *l))
{
    *l = (struct stop_list){ .own = { .at_ns = STOP_NEVER },
                             .innermost = &l->own,
                             .alarms = alarms,
                             .struck = struck };
}

void stop_list_fini(struct stop_list *l)
{
    while (l->innermost != &l->own) {
        struct stop *s = l->innermost;

        l->innermost = s->outer;
        s->drop(s);
    }
}

static bool stop_reaches(const struct stop *s, const struct stop_list *l)
{
    return s->shielded >= l->shielded;
}

enum err stop_list_err(const struct stop_list *l)
{
    enum err err = ERR_NONE;

    for (const struct stop *s = l->innermost; s != NULL; s = s->outer) {
        if (s->err == ERR_NONE || !stop_reaches(s, l))
            continue;
        if (s->err == ERR_CANCELLED)
            return ERR_CANCELLED;
        err = s->err;
    }
    return err;
}

/* The stop with the earliest time of all that reach here. */
static const struct stop *earliest(const struct stop_list *l)
{
    const struct stop *found = &l->own;

    for (const struct stop *s = l->innermost; s != NULL; s = s->outer)
        if (stop_reaches(s, l) && s->at_ns < found->at_ns)
            found = s;
    return found;
}

uint64_t stop_list_at_ns(const struct stop_list *l)
{
    return earliest(l)->at_ns;
}

void stop_push(struct stop_list *l, struct stop *s)
{
    s->shielded = l->shielded;
    s->outer = l->innermost;
    l->innermost = s;
}

void stop_remove(struct stop_list *l, struct stop *s)
{
    struct stop **at = &l->innermost;

    while (*at != s)
        at = &(*at)->outer;
    *at = s->outer;
}

/* ---- those with an alarm ---- */

static void stop_alarm_drop(struct stop *s)
{
    struct stop_alarm *a = CONTAINER_OF(s, struct stop_alarm, stop);

    alarm_clear(a->list->alarms, &a->alarm);
    free(a);
}

static void stop_alarm_strike(struct alarm *alarm)
{
    struct stop_alarm *a = CONTAINER_OF(alarm, struct stop_alarm, alarm);

    a->stop.err = ERR_TIMEOUT;
    a->list->struck(a->list);
}

static struct stop_alarm *stop_alarm_new(struct stop_list *l, uint64_t at_ns,
                                         enum err err)
{
    struct stop_alarm *a = xcalloc(1, sizeof *a);

    a->stop =
        (struct stop){ .err = err, .at_ns = at_ns, .drop = stop_alarm_drop };
    a->list = l;
    stop_push(l, &a->stop);
    if (err == ERR_NONE && at_ns != STOP_NEVER)
        alarm_start_at(l->alarms, &a->alarm, at_ns, stop_alarm_strike);
    return a;
}

struct stop_alarm *stop_alarm_push(struct stop_list *l, uint64_t at_ns)
{
    return stop_alarm_new(l, at_ns,
                          at_ns <= uv_hrtime() ? ERR_TIMEOUT : ERR_NONE);
}

struct stop_alarm *stop_alarm_innermost(const struct stop_list *l)
{
    for (struct stop *s = l->innermost; s != NULL; s = s->outer)
        if (s->drop == stop_alarm_drop)
            return CONTAINER_OF(s, struct stop_alarm, stop);
    return NULL;
}

bool stop_alarm_pop(struct stop_list *l, struct stop_alarm *a)
{
    bool struck = a->stop.err != ERR_NONE;

    stop_remove(l, &a->stop);
    stop_alarm_drop(&a->stop);
    return struck;
}

/* Both strike in one turn, though it may be late already: else the parent would
 * meet a timeout of the child before its own. */
void stop_alarm_inherit(struct stop_list *child, const struct stop_list *parent)
{
    const struct stop *s = earliest(parent);

    if (s->at_ns != STOP_NEVER)
        stop_alarm_new(child, s->at_ns, s->err);
}
