/* SPDX-License-Identifier: MIT */
/* outbox - frames that the socket has not taken yet, in order. */
#include "libcommon/rt/zmq/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

void outbox_clear(struct outbox *o)
{
    while (outbox_first(o) != NULL)
        outbox_drop_first(o);
}

void outbox_fini(struct outbox *o)
{
    outbox_clear(o);
    free(o->frames);
    *o = (struct outbox){ 0 };
}

/* Move what waits to the beginning. */
static void compact(struct outbox *o)
{
    if (o->first > 0)
        memmove(o->frames, o->frames + o->first,
                (o->n - o->first) * sizeof *o->frames);
    o->n -= o->first;
    o->first = 0;
}

void outbox_take(struct outbox *o, struct buf *frames, size_t n)
{
    if (o->n + n > o->cap)
        compact(o);
    if (o->n + n > o->cap) {
        o->cap = 2 * (o->n + n);
        o->frames = xrealloc(o->frames, o->cap * sizeof *o->frames);
    }
    for (size_t i = 0; i < n; i++) {
        o->frames[o->n++] = frames[i];
        frames[i] = (struct buf){ 0 }; /* owned by the outbox */
    }
}

struct buf *outbox_first(struct outbox *o)
{
    return o->first < o->n ? &o->frames[o->first] : NULL;
}

void outbox_drop_first(struct outbox *o)
{
    ASSERT(o->first < o->n);
    buf_fini(&o->frames[o->first++]);
    if (o->first == o->n) {
        o->first = 0;
        o->n = 0;
    }
}
