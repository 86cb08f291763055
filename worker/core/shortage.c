/* SPDX-License-Identifier: MIT */
/* shortage - fewer attempts at once while the machine lacks what they need. */
#include "worker/core/shortage.h"

#include <stdio.h>

#include "libcommon/num.h"
#include "worker/core/worker_state.h"

/* Of those that run, so many more are tried at a time: one in STEP. */
#define STEP 4

static uint32_t all_of(const struct worker *w, enum attempt_place place)
{
    return place == PLACE_CALL ? w->config.calls : w->config.slots;
}

static const char *name_of(enum attempt_place place)
{
    return place == PLACE_CALL ? "calls" : "slots";
}

void shortage_met(struct worker *w, enum attempt_place place, struct view why)
{
    struct shortage *s = &w->shortage[place];
    uint32_t used = w->attempts.used[place];

    if (!s->active) {
        s->pause_ms = SHORTAGE_MIN_MS;
        trace_line(w->trace, TRACE_WARN, "shortage",
                   "of=%s running=%u all=%u effect=%s cause=%.*s",
                   name_of(place), used, all_of(w, place),
                   "jobs wait, and fewer run at once", TRACE_VIEW(why));
        s->since_ms = w->wall_ms;
    } else if (s->raised) {
        s->pause_ms = num_min(2 * s->pause_ms, SHORTAGE_MAX_MS);
    }
    snprintf(s->why, sizeof s->why, "%.*s", (int)why.len,
             (const char *)why.data);
    w->beat_soon = true;
    s->active = true;
    s->raised = false;
    s->next_ms = w->now_ms + s->pause_ms;
    w->attempts.limit[place] = used;
}

static void raise_limit(struct worker *w, enum attempt_place place)
{
    struct shortage *s = &w->shortage[place];
    uint32_t *limit = &w->attempts.limit[place], all = all_of(w, place);
    uint32_t step = *limit / STEP + 1;

    w->beat_soon = true;
    if (*limit == all) {
        s->active = false;
        trace_line(w->trace, TRACE_INFO, "shortage-over", "of=%s all=%u",
                   name_of(place), all);
        return;
    }
    if (s->raised && s->pause_ms > SHORTAGE_MIN_MS)
        s->pause_ms /= 2;
    s->raised = true;
    s->next_ms = w->now_ms + s->pause_ms;
    *limit = all - *limit > step ? *limit + step : all;
}

void shortage_tick(struct worker *w)
{
    for (enum attempt_place place = 0; place < PLACE_COUNT; place++)
        if (w->shortage[place].active &&
            w->shortage[place].next_ms <= w->now_ms)
            raise_limit(w, place);
}

void shortage_tell(const struct worker *w, struct op_beat *beat)
{
    for (enum attempt_place place = 0; place < PLACE_COUNT; place++) {
        const struct shortage *s = &w->shortage[place];

        if (!s->active)
            continue;
        beat->short_of = view_str(s->why);
        beat->short_ms = s->since_ms;
    }
    if (beat->short_of.len == 0)
        return;
    beat->slots_now = w->attempts.limit[PLACE_SLOT];
    beat->calls_now = w->attempts.limit[PLACE_CALL];
}

int64_t shortage_wake_ms(const struct worker *w)
{
    int64_t at_ms = INT64_MAX;

    for (enum attempt_place place = 0; place < PLACE_COUNT; place++)
        if (w->shortage[place].active)
            at_ms = num_min(at_ms, w->shortage[place].next_ms);
    return at_ms;
}
