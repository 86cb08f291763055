/* SPDX-License-Identifier: MIT */
/* outcome - the end of a job, in the terms of the public API. */
#include "client/lib/outcome.h"

#include <inttypes.h>

#include "libcommon/check.h"
#include "proto/counts.h"

enum err outcome_err(unsigned state)
{
    switch (state) {
    case STATE_DONE:
        return ERR_NONE;
    case STATE_CANCELLED:
        return ERR_CANCELLED;
    case STATE_EXPIRED:
        return ERR_EXPIRED;
    case STATE_LOST:
        return ERR_LOST;
    default: /* a newer coordinator may know more ways to fail */
        return ERR_FAILED;
    }
}

static bool has_reason(const struct outcome *o, const char *reason)
{
    return view_equal(o->reason, view_str(reason));
}

int outcome_exit_code(const struct outcome *o, const struct body *b)
{
    if (o->elem == 0 || b->result.len > 0) /* an array, a call */
        return -1;
    if (has_reason(o, "signal"))
        return 128 + (int)(o->signal & 0x7f);
    if (o->state == STATE_DONE || has_reason(o, "exit"))
        return (int)(o->code & 0xff);
    return -1;
}

/* "10 elements: 3 failed, 1 lost": the states that are not done. */
static void explain_array(struct buf *out, const struct counts *n)
{
    static const enum state parts[] = { STATE_FAILED, STATE_LOST, STATE_EXPIRED,
                                        STATE_CANCELLED };
    const char *before = ": ";

    buf_addf(out, "%" PRIu32 " elements", n->n);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (counts_in(n, parts[i]) == 0)
            continue;
        buf_addf(out, "%s%" PRIu32 " %s", before, counts_in(n, parts[i]),
                 state_name(parts[i]));
        before = ", ";
    }
}

void outcome_explain(struct buf *out, const struct outcome *o,
                     const struct counts *counts)
{
    if (o->message.len > 0)
        buf_add_view(out, o->message);
    else if (o->elem == 0 && counts->n > 0)
        explain_array(out, counts);
    else if (has_reason(o, "exit"))
        buf_addf(out, "exit code %" PRId64, o->code);
    else if (has_reason(o, "signal"))
        buf_addf(out, "ended by signal %" PRId64, o->signal);
    else if (o->reason.len > 0)
        buf_add_view(out, o->reason);
    else
        buf_addf(out, "%s", state_name(o->state));
}
