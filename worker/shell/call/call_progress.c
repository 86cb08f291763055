/* SPDX-License-Identifier: MIT */
/* call_progress - the progress that running calls note. */
#include "worker/shell/call/call_progress.h"

#include <stdlib.h>

#include "libcommon/mem.h"
#include "libcommon/rt/os/clock.h"
#include "proto/bounds.h"

void call_progress_set_init(struct call_progress_set *set,
                            struct alarm_set *alarms, call_progress_fn *fn,
                            void *arg)
{
    *set = (struct call_progress_set){
        .alarms = alarms, .fn = fn, .arg = arg, .told_ms = INT64_MIN / 2
    };
    list_init(&set->pending);
}

void call_progress_set_fini(struct call_progress_set *set)
{
    alarm_clear(set->alarms, &set->alarm);
}

/* ---- telling ---- */

static struct advance advance_of(const struct call_progress *s)
{
    return (struct advance){ .id = s->id,
                             .pid = s->pid,
                             .done = s->done,
                             .total = s->total,
                             .doing = blob_view(s->doing) };
}

static size_t count(const struct call_progress_set *set)
{
    size_t n = 0;

    LIST_EACH (it, save, &set->pending)
        n++;
    return n;
}

static void tell(struct call_progress_set *set)
{
    struct advance *list = xcalloc(count(set) + 1, sizeof *list);
    struct advances advances = { .at = list };

    LIST_EACH (it, save, &set->pending) {
        struct call_progress *s = LIST_ENTRY(it, struct call_progress, place);

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
    tell(CONTAINER_OF(a, struct call_progress_set, alarm));
}

void call_progress_tell_if_due(struct call_progress_set *set)
{
    if (!list_is_empty(&set->pending) &&
        clock_boot_ms() - set->told_ms >= CALL_PROGRESS_MS)
        tell(set);
}

/* ---- noting ---- */

static void put_in(struct call_progress *s)
{
    struct call_progress_set *set = s->set;

    if (list_is_empty(&set->pending)) {
        alarm_clear(set->alarms,
                    &set->alarm); /* it may be for a call that has ended */
        alarm_start(set->alarms, &set->alarm,
                    set->told_ms + CALL_PROGRESS_MS - clock_boot_ms(), rang);
    }
    list_insert(&set->pending, &s->place);
}

static bool is_noted(const struct call_progress *s)
{
    return s->doing != NULL || s->pid != 0;
}

void call_progress_note_pid(struct call_progress *s, uint32_t pid)
{
    if (!is_noted(s))
        list_init(&s->place);
    s->pid = pid;
    if (list_is_empty(&s->place))
        put_in(s);
}

void call_progress_note(struct call_progress *s, const struct advance *a)
{
    if (!is_noted(s))
        list_init(&s->place);
    s->n_notes++;
    s->done = a->done;
    s->total = a->total;
    if (s->doing == NULL || !view_equal(blob_view(s->doing), a->doing)) {
        blob_unref(s->doing);
        s->doing = blob_new(a->doing);
    }
    if (list_is_empty(&s->place))
        put_in(s);
}

void call_progress_fini(struct call_progress *s)
{
    if (!is_noted(s))
        return;
    s->pid = 0;
    list_remove(&s->place);
    blob_unref(s->doing);
    s->doing = NULL;
}
