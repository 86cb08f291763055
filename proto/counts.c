/* SPDX-License-Identifier: MIT */
/* counts - the one place that knows which field is which state. */
#include "proto/counts.h"

#include "libcommon/check.h"

static uint32_t *field_of(struct counts *c, enum state state)
{
    switch (state) {
    case STATE_RUNNING:
        return &c->running;
    case STATE_RETRYING:
        return &c->retrying;
    case STATE_DONE:
        return &c->done;
    case STATE_FAILED:
        return &c->failed;
    case STATE_CANCELLED:
        return &c->cancelled;
    case STATE_EXPIRED:
        return &c->expired;
    case STATE_LOST:
        return &c->lost;
    case STATE_WAITING:
    case STATE_COUNT:
        break;
    }
    return NULL;
}

uint32_t counts_ended(const struct counts *c)
{
    return c->done + c->failed + c->cancelled + c->expired + c->lost;
}

uint32_t counts_in(const struct counts *c, unsigned state)
{
    struct counts copy = *c;
    uint32_t *n = field_of(&copy, (enum state)state);

    if (state == STATE_WAITING)
        return c->n - c->running - c->retrying - counts_ended(c);
    return n != NULL ? *n : 0;
}

enum state counts_worst(const struct counts *c)
{
    if (c->failed > 0)
        return STATE_FAILED;
    if (c->lost > 0)
        return STATE_LOST;
    if (c->expired > 0)
        return STATE_EXPIRED;
    return c->cancelled > 0 ? STATE_CANCELLED : STATE_DONE;
}

void counts_end(struct counts *c, enum state state)
{
    ASSERT(state_is_terminal(state));
    ++*field_of(c, state);
}

void counts_add(struct counts *sum, const struct counts *c)
{
    sum->n += c->n;
    sum->running += c->running;
    sum->retrying += c->retrying;
    sum->done += c->done;
    sum->failed += c->failed;
    sum->cancelled += c->cancelled;
    sum->expired += c->expired;
    sum->lost += c->lost;
    sum->gaps += c->gaps;
}

struct counts counts_of_one(unsigned state, bool gap)
{
    struct counts c = { .n = 1, .gaps = gap };

    if (state_is_terminal(state))
        counts_end(&c, (enum state)state);
    return c;
}
