/* SPDX-License-Identifier: MIT */
#include "ending.h"

#include <inttypes.h>

#include "duration.h"
#include "outcomes.h"

/* Larger arrays are not searched for the element that failed. */
#define SEARCH_MAX 100000

/* The jobs as one would type them. */
static void add_selector(struct buf *out, const struct targets *t)
{
    char ref[REF_TEXT_LEN];

    for (size_t i = 0; i < t->n && i < 5; i++) {
        const struct target *at = &t->at[i];

        buf_addf(out, "%s%s", i > 0 ? " " : "",
                 ref_text(at->job->info.job, !at->is_whole, at->first, ref));
        if (!at->is_whole && at->last > at->first)
            buf_addf(out, "-%" PRIu32, at->last);
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

static void add_part(struct buf *out, uint32_t n, const char *what)
{
    if (n == 0)
        return;
    buf_addf(out, "%s", out->len > 0 ? ", " : "");
    duration_add_number(out, n);
    buf_addf(out, " %s", what);
}

/* ---- which one failed ---- */

static void on_outcome(void *arg, const struct outcome *o)
{
    const struct ending *e = arg;

    struct buf why = { 0 };

    if (exits_of_state(o->state) != EXITS_FAILED)
        return;
    outcome_add_why(&why, o);
    progress_note_failure(e->progress, o->job, o->elem, o->worker,
                          buf_view(&why));
    buf_fini(&why);
}

/* Without progress events nobody has told which element of an array it was. */
static void find_failure_await(struct cli *c, const struct ending *e)
{
    for (size_t i = 0; i < e->targets->n; i++) {
        const struct target *t = &e->targets->at[i];
        struct outcomes_ask ask = { .target = t,
                                    .each = on_outcome,
                                    .arg = (void *)(uintptr_t)e };

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
    add_part(out, n->failed, "failed");
    add_part(out, n->lost, "lost");
    add_part(out, n->expired, "expired");
    add_part(out, n->cancelled, "cancelled");
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

static void say_next(const struct cli *c, const struct ending *e)
{
    const struct jobinfo *info = &e->targets->at[0].job->info;

    if (e->exit != EXITS_FAILED)
        return;
    if (e->ended.n == 1)
        cli_say(c, "     see: %s    yon show %" PRIu64,
                buf_text(&e->progress->hint), info->job);
    else
        cli_say(c,
                "     see: yon ls --state failed    yon result %" PRIu64
                " --each",
                info->job);
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
