/* SPDX-License-Identifier: MIT */
#include "failures.h"

#include "outcomes.h"
#include "tally.h"

static void on_outcome(void *arg, const struct outcome *o)
{
    struct buf why = { 0 };

    if (exits_of_state(o->state) != EXITS_FAILED)
        return;
    outcome_add_why(&why, o);
    tally_count(arg, buf_view(&why));
    buf_fini(&why);
}

int failures_note_await(struct cli *c, const struct job *job, size_t max_kinds,
                        struct buf *out)
{
    const struct counts *n = &job->info.counts;
    struct target target = { .job = job, .is_whole = true };
    struct tally tally = { 0 };
    struct outcomes_ask ask = { .target = &target,
                                .each = on_outcome,
                                .arg = &tally };
    int code;

    if (n->failed + n->expired + n->lost == 0 || n->n > FAILURES_MAX)
        return EXITS_DONE;
    code = outcomes_await(c, &ask);
    tally_add(&tally, max_kinds, c->utf8, out);
    tally_fini(&tally);
    return code;
}
