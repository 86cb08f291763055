/* SPDX-License-Identifier: MIT */
/* limit - one rule per limit: when it holds, and how it is called. */
#include "worker/core/limit.h"

#include "libcommon/check.h"

/* Further than any clock goes; sums of two are numbers. */
#define LIMIT_MAX_MS (INT64_MAX / 4)

static const struct {
    const char *reason;
    const char *text;
    bool waits, runs; /* it holds before the start, and from then on */
} rules[] = {
    [LIMIT_NONE] = { "", "", false, false },
    [LIMIT_START] = { "start-timeout", "its worker did not start it within",
                      true, false },
    [LIMIT_RUN] = { "run-timeout", "it ran longer than", false, true },
    [LIMIT_IDLE] = { "idle-timeout", "it gave no sign of life for", false,
                     true },
    [LIMIT_TOTAL] = { "deadline", "the time for all of it was over", true,
                      true },
};
_Static_assert(ARRAY_LEN(rules) == LIMIT_COUNT, "one rule per limit");

void limits_set(struct limits *l, enum limit which, uint64_t ms)
{
    l->ms[which] = ms > LIMIT_MAX_MS ? 0 : (int64_t)ms;
}

void limits_given(struct limits *l, int64_t now_ms)
{
    l->from_ms[LIMIT_START] = l->from_ms[LIMIT_TOTAL] = now_ms;
}

void limits_started(struct limits *l, int64_t now_ms)
{
    l->from_ms[LIMIT_RUN] = l->from_ms[LIMIT_IDLE] = now_ms;
}

void limits_sign(struct limits *l, int64_t now_ms)
{
    l->from_ms[LIMIT_IDLE] = now_ms;
}

enum limit limits_next(const struct limits *l, bool started, int64_t *at_ms)
{
    enum limit first = LIMIT_NONE;

    *at_ms = INT64_MAX;
    for (enum limit i = LIMIT_START; i < LIMIT_COUNT; i++) {
        bool holds = started ? rules[i].runs : rules[i].waits;

        if (!holds || l->ms[i] == 0 || l->from_ms[i] + l->ms[i] >= *at_ms)
            continue;
        *at_ms = l->from_ms[i] + l->ms[i];
        first = i;
    }
    return first;
}

const char *limit_reason(enum limit which)
{
    return rules[which].reason;
}

void limits_say(const struct limits *l, enum limit which, struct buf *out)
{
    int64_t ms = l->ms[which];

    buf_addf(out, "%s", rules[which].text);
    if (which == LIMIT_TOTAL)
        return; /* what was left at ASSIGN says nothing to people */
    buf_addf(out, " %lld", (long long)(ms / 1000));
    if (ms % 1000 != 0)
        buf_addf(out, ".%03lld", (long long)(ms % 1000));
    buf_addf(out, " s");
}
