/* SPDX-License-Identifier: MIT */
/* budget - the rate at which all retries together may start. */
#include "coordinator/core/model/budget.h"

#include "libcommon/check.h"

#define PARTS 1000 /* of a token: a millisecond brings whole ones */

static void add(struct budget *b, int64_t parts)
{
    int64_t room = (int64_t)b->rules.most * PARTS - b->parts;

    b->parts += parts < room ? parts : room;
}

static void fill(struct budget *b, int64_t now_ms)
{
    int64_t ms = now_ms - b->filled_ms;

    if (ms <= 0)
        return;
    b->filled_ms = now_ms;
    add(b, ms < INT32_MAX ? ms * b->rules.per_second : INT64_MAX / 2);
}

void budget_init(struct budget *b, struct budget_rules rules, int64_t now_ms)
{
    ASSERT(rules.per_second > 0 && rules.first <= rules.most);
    *b = (struct budget){ .rules = rules,
                          .parts = (int64_t)rules.first * PARTS,
                          .filled_ms = now_ms };
}

void budget_earn(struct budget *b)
{
    add(b, (int64_t)b->rules.percent * (PARTS / 100));
}

bool budget_take(struct budget *b, int64_t now_ms)
{
    fill(b, now_ms);
    if (b->parts < PARTS)
        return false;
    b->parts -= PARTS;
    return true;
}

int64_t budget_next_ms(const struct budget *b)
{
    int64_t missing = PARTS - b->parts, per_ms = b->rules.per_second;

    if (missing <= 0)
        return b->filled_ms;
    return b->filled_ms + (missing + per_ms - 1) / per_ms;
}
