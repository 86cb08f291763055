/* SPDX-License-Identifier: MIT */
/* patience - how long to wait for a coordinator that does not answer. */
#include "client/lib/patience.h"

#include "libcommon/check.h"
#include "libcommon/num.h"

int64_t patience_step_max(const struct patience *p)
{
    return p->limit_ms / 4 + 1;
}

void patience_step(struct patience *p, int64_t now_ms, bool in_vain)
{
    int64_t passed_ms = num_min(now_ms - p->seen_ms, patience_step_max(p));

    p->seen_ms = now_ms;
    if (in_vain)
        p->waited_ms += passed_ms;
    else
        p->renewed_ms = p->waited_ms;
}

static int64_t left_ms(const struct patience *p, int64_t began_ms)
{
    int64_t from_ms = num_max(began_ms, p->renewed_ms);

    ASSERT(from_ms <= p->waited_ms);
    return p->limit_ms - (p->waited_ms - from_ms);
}

bool patience_is_over(const struct patience *p, int64_t began_ms)
{
    return p->limit_ms > 0 && left_ms(p, began_ms) <= 0;
}

int64_t patience_wake_ms(const struct patience *p, int64_t began_ms)
{
    int64_t step_ms = left_ms(p, began_ms);

    if (p->limit_ms <= 0)
        return INT64_MAX;
    if (step_ms > patience_step_max(p))
        step_ms = patience_step_max(p);
    return p->seen_ms + (step_ms > 0 ? step_ms : 0);
}
