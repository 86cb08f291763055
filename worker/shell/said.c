/* SPDX-License-Identifier: MIT */
/* said - see said.h. */
#include "worker/shell/said.h"

#include <stdlib.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"
#include "proto/bounds.h"

void said_set_init(struct said_set *set, struct alarm_set *alarms, said_fn *fn,
                   void *arg)
{
    *set = (struct said_set){
        .alarms = alarms, .fn = fn, .arg = arg, .told_ms = INT64_MIN / 2
    };
    list_init(&set->words);
}

void said_set_fini(struct said_set *set)
{
    alarm_clear(set->alarms, &set->alarm);
}

/* ---- telling ---- */

static struct advance advance_of(const struct said *s)
{
    return (struct advance){ .job = s->held.job,
                             .elem = s->held.elem,
                             .epoch = s->held.epoch,
                             .attempt = s->held.attempt,
                             .done = s->done,
                             .total = s->total,
                             .doing = blob_view(s->doing) };
}

static size_t count(const struct said_set *set)
{
    size_t n = 0;

    LIST_EACH (it, save, &set->words)
        n++;
    return n;
}

static void tell(struct said_set *set)
{
    struct advance *list = xcalloc(count(set) + 1, sizeof *list);
    struct advances advances = { .at = list };

    LIST_EACH (it, save, &set->words) {
        struct said *s = LIST_ENTRY(it, struct said, place);

        if (advances.n < LIST_LEN_MAX)
            list[advances.n++] = advance_of(s);
        list_remove(&s->place);
    }
    alarm_clear(set->alarms, &set->alarm);
    set->told_ms = clock_boot_ms();
    set->fn(set->arg, &advances);
    free(list);
}

static void rang(struct alarm *a)
{
    tell(CONTAINER_OF(a, struct said_set, alarm));
}

void said_tell_if_due(struct said_set *set)
{
    if (!list_is_empty(&set->words) &&
        clock_boot_ms() - set->told_ms >= SAID_MS)
        tell(set);
}

/* ---- noting ---- */

static void put_in(struct said *s)
{
    struct said_set *set = s->set;

    if (list_is_empty(&set->words)) {
        alarm_clear(set->alarms, &set->alarm); /* for who has ended since */
        alarm_start(set->alarms, &set->alarm,
                    set->told_ms + SAID_MS - clock_boot_ms(), rang);
    }
    list_insert(&set->words, &s->place);
}

void said_note(struct said *s, const struct advance *a)
{
    if (s->doing == NULL)
        list_init(&s->place);
    s->n_words++;
    s->done = a->done;
    s->total = a->total;
    if (s->doing == NULL || !view_equal(blob_view(s->doing), a->doing)) {
        blob_unref(s->doing);
        s->doing = blob_new(a->doing);
    }
    if (list_is_empty(&s->place))
        put_in(s);
}

void said_fini(struct said *s)
{
    if (s->doing == NULL)
        return;
    list_remove(&s->place);
    blob_unref(s->doing);
    s->doing = NULL;
}
