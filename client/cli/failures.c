/* SPDX-License-Identifier: MIT */
#include "client/cli/failures.h"

#include "client/cli/outcomes.h"
#include "client/cli/tally.h"

static void on_outcome(void *arg, const struct outcome *o)
{
    struct buf why = { 0 };

    if (exits_of_state(o->state) != EXITS_FAILED)
        return;
    outcome_add_why(&why, o);
    tally_count(arg, buf_view(&why));
    buf_fini(&why);
}

static bool can_look(const struct job *job)
{
    const struct counts *n = &job->info.counts;

    return n->failed + n->expired + n->lost > 0 && n->n <= FAILURES_MAX;
}

int failures_note_await(struct cli *c, const struct job *job, size_t max_kinds,
                        struct buf *out)
{
    struct target target = { .job = job, .is_whole = true };
    struct tally tally = { 0 };
    struct outcomes_ask ask = { .target = &target,
                                .each = on_outcome,
                                .arg = &tally };
    int code;

    if (!can_look(job))
        return EXITS_DONE;
    code = outcomes_await(c, &ask);
    tally_add(&tally, max_kinds, c->utf8, out);
    tally_fini(&tally);
    return code;
}

static void keep_last(void *arg, const struct outcome *o)
{
    struct failure *last = arg;

    if (exits_of_state(o->state) != EXITS_FAILED ||
        o->ended_ms < last->ended_ms)
        return;
    last->elem = o->elem;
    last->ended_ms = o->ended_ms;
    buf_clear(&last->why);
    outcome_add_why(&last->why, o);
}

int failures_last_await(struct cli *c, const struct job *job,
                        struct failure *last)
{
    struct target target = { .job = job, .is_whole = true };
    struct outcomes_ask ask = { .target = &target,
                                .each = keep_last,
                                .arg = last };

    return can_look(job) ? outcomes_await(c, &ask) : EXITS_DONE;
}
