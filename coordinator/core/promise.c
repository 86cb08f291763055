/* SPDX-License-Identifier: MIT */
/* promise - see promise.h. */
#include "coordinator/core/promise.h"

#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"

void promises_fini(struct promises *q)
{
    for (; q->n > 0; q->n--, q->head++)
        blob_unref(q->at[q->head & (q->cap - 1)].body);
    free(q->at);
    *q = (struct promises){ 0 };
}

static void grow(struct promises *q)
{
    size_t cap = q->cap == 0 ? 64 : q->cap * 2;
    struct promise *at = xcalloc(cap, sizeof *at);

    for (size_t i = 0; i < q->n; i++)
        at[i] = q->at[(q->head + i) & (q->cap - 1)];
    free(q->at);
    q->at = at;
    q->head = 0;
    q->cap = cap;
}

void promises_add(struct promises *q, struct promise p)
{
    if (q->n == q->cap)
        grow(q);
    ASSERT_IF(q->n > 0,
              q->at[(q->head + q->n - 1) & (q->cap - 1)].lsn <= p.lsn);
    q->at[(q->head + q->n++) & (q->cap - 1)] = p;
}

bool promises_take(struct promises *q, uint64_t durable, struct promise *out)
{
    if (q->n == 0 || q->at[q->head & (q->cap - 1)].lsn > durable)
        return false;
    *out = q->at[q->head++ & (q->cap - 1)];
    q->n--;
    return true;
}
