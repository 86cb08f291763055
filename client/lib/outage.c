/* SPDX-License-Identifier: MIT */
/* outage - when an outage begins and ends, and who is told. */
#include "client/lib/outage.h"

#include "client/lib/handle.h"
#include "libcommon/check.h"

#define OUTAGE_MS 1000

void outage_init(struct outage *o, int64_t now_ms)
{
    *o = (struct outage){ .patience = { .limit_ms = OUTAGE_MS,
                                        .seen_ms = now_ms } };
    list_init(&o->call.link);
}

void outage_fini(yon_client *c)
{
    loop_call_clear(c->loop, &c->outage.call);
}

static void tell(struct loop_call *call)
{
    struct outage *o = CONTAINER_OF(call, struct outage, call);
    yon_client *c = CONTAINER_OF(o, struct yon_client, outage);

    if (o->fn == NULL || o->is_on == o->is_told)
        return; /* it was over at once, or is on again */
    o->is_told = o->is_on;
    o->fn(o->arg, c, o->is_on ? c->kind->status(c).lost_ms : 0);
}

static void tell_what_is_new(yon_client *c)
{
    struct outage *o = &c->outage;

    if (o->fn != NULL && o->is_on != o->is_told && list_is_empty(&o->call.link))
        loop_call(c->loop, &o->call, tell);
}

void outage_step(yon_client *c, int64_t now_ms, bool in_vain)
{
    struct outage *o = &c->outage;

    patience_step(&o->patience, now_ms, in_vain);
    o->is_on = in_vain && patience_is_over(&o->patience, 0);
    tell_what_is_new(c);
}

int64_t outage_wake_ms(const struct outage *o)
{
    return o->is_on ? INT64_MAX : patience_wake_ms(&o->patience, 0);
}

void outage_watch(yon_client *c, yon_unreachable_fn *fn, void *arg)
{
    c->outage.fn = fn;
    c->outage.arg = arg;
    c->outage.is_told = false;
    tell_what_is_new(c);
}
