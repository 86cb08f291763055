/* SPDX-License-Identifier: MIT */
#include "client/cli/ending.h"

#include <inttypes.h>

#include "client/cli/outcomes.h"
#include "client/cli/part.h"
#include "libcommon/rt/os/duration.h"

/* Larger arrays are not searched for the element that failed. */
#define SEARCH_MAX 100000

/* The jobs as one would type them. */
static void add_selector(struct buf *out, const struct targets *t)
{
    char ref[REF_TEXT_LEN];

    for (size_t i = 0; i < t->n && i < 5; i++) {
        const struct target *at = &t->at[i];

        buf_addf(out, "%s%s", i > 0 ? " " : "",
                 task_text(at->job->info.job, !at->is_whole, at->first, ref));
        if (!at->is_whole && at->last > at->first)
            buf_addf(out, "-%" PRIu32, at->last);
        if (!at->is_whole && at->last > at->first && at->step > 1)
            buf_addf(out, ":%" PRIu32, at->step);
    }
    if (t->n > 5)
        buf_addf(out, " ...");
}

void ending_say_detached(const struct cli *c, const struct targets *t)
{
    struct buf ids = { 0 };

    add_selector(&ids, t);
    cli_say(c,
            "stopped waiting; the job%s continue%s: yon wait %s    cancel "
            "with: yon cancel %s",
            t->n > 1 ? "s" : "", t->n > 1 ? "" : "s", buf_text(&ids),
            buf_text(&ids));
    buf_fini(&ids);
}

/* ---- which one failed ---- */

struct search {
    const struct ending *ending;
    const struct jobinfo *info; /* whose elements come now */
};

static void on_outcome(void *arg, const struct outcome *o)
{
    const struct search *s = arg;
    struct buf why = { 0 };

    if (exits_of_state(o->state) != EXITS_FAILED)
        return;
    outcome_add_why(&why, o);
    progress_note_failure(s->ending->progress, s->info, o->elem, o->worker,
                          buf_view(&why));
    s->ending->progress->has_logs &= outcome_has_started(o);
    buf_fini(&why);
}

/* Without progress events nobody has told which element of an array it was. */
static void find_failure_await(struct cli *c, const struct ending *e)
{
    for (size_t i = 0; i < e->targets->n; i++) {
        const struct target *t = &e->targets->at[i];
        struct search search = { e, &t->job->info };
        struct outcomes_ask ask = { .target = t,
                                    .each = on_outcome,
                                    .arg = &search };

        if (e->progress->failure.len > 0)
            return;
        if (t->job->info.array && target_n(t) <= SEARCH_MAX &&
            outcomes_await(c, &ask) != EXITS_DONE)
            return;
    }
}

/* ---- saying it ---- */

static void add_parts(struct buf *out, const struct counts *n)
{
    part_add(out, "", n->failed, "failed");
    part_add(out, "", n->lost, "lost");
    part_add(out, "", n->expired, "expired");
    part_add(out, "", n->cancelled, "cancelled");
}

static void say_failed(const struct cli *c, const struct ending *e)
{
    struct buf parts = { 0 }, all = { 0 };

    add_parts(&parts, &e->ended);
    duration_add_number(&all, e->ended.n);
    cli_say(c, "%s: %s of %s", buf_text(&e->progress->title), buf_text(&parts),
            buf_text(&all));
    if (e->progress->failure.len > 0 && !e->is_shown)
        cli_say(c, "     last failure: %s", buf_text(&e->progress->failure));
    buf_fini(&parts);
    buf_fini(&all);
}

/* What to list, of the ways to fail that there were. */
static const char *failed_state(const struct counts *n)
{
    if (n->failed > 0)
        return state_name(STATE_FAILED);
    return state_name(n->lost > 0 ? STATE_LOST : STATE_EXPIRED);
}

static void say_next(const struct cli *c, const struct ending *e)
{
    struct progress *p = e->progress;
    bool is_one = e->ended.n == 1;
    struct buf next = { 0 };

    if (e->exit != EXITS_FAILED)
        return;
    if (!is_one)
        buf_addf(&next, "yon ls --state %s", failed_state(&e->ended));
    else if (p->has_logs)
        buf_addf(&next, "yon logs %s --stderr", buf_text(&p->failed));
    if (!is_one && e->targets->n == 1) {
        buf_addf(&next, "    yon result ");
        add_selector(&next, e->targets);
        buf_addf(&next, " --each");
    } else if (p->failed.len > 0) {
        buf_addf(&next, "%syon show %s", next.len > 0 ? "    " : "",
                 buf_text(&p->failed));
    }
    cli_say(c, "     see: %s", buf_text(&next));
    buf_fini(&next);
}

void ending_say_await(struct cli *c, const struct ending *e)
{
    if (e->exit == EXITS_DONE || c->quiet || cli_is_json(c))
        return;
    if (e->exit == EXITS_FAILED)
        find_failure_await(c, e);
    say_failed(c, e);
    say_next(c, e);
}
