/* SPDX-License-Identifier: MIT */
/* summary - the last words of a wait: how the jobs ended, what to type next. */
#include "client/cli/summary.h"

#include <inttypes.h>

#include "client/cli/outcomes.h"
#include "client/cli/text.h"
#include "libcommon/duration.h"

/* Larger arrays are not searched for the element that failed. */
#define SEARCH_MAX 100000

/* The elements by their numbers, upwards. */
static void add_numbers(struct buf *out, const struct target *t)
{
    const struct jobinfo *info = &t->job->info;
    struct job_items items = job_items_of(info);
    int64_t first = job_items_number(&items, t->first);
    int64_t last = job_items_number(&items, t->last);

    buf_addf(out, "%" PRIu64 ".%" PRId64, info->job,
             first < last ? first : last);
    if (t->last > t->first)
        buf_addf(out, "-%" PRId64, first < last ? last : first);
    if (t->last > t->first && t->step > 1 && t->last - t->first == t->step)
        buf_addf(out, ":%" PRId64, first < last ? last - first : first - last);
    else if (t->last > t->first && t->step > 1 && info->step != 0)
        buf_addf(out, ":%" PRId64,
                 (info->step > 0 ? info->step : -info->step) * t->step);
    else if (t->step > 1)
        buf_addf(out, ":%" PRIu32, t->step);
}

/* The jobs as one would type them. */
static void add_selector(struct buf *out, const struct targets *t)
{
    for (size_t i = 0; i < t->n && i < 5; i++) {
        const struct target *at = &t->at[i];

        buf_addf(out, "%s", i > 0 ? " " : "");
        if (at->is_whole)
            buf_addf(out, "%" PRIu64, at->job->info.job);
        else
            add_numbers(out, at);
    }
    if (t->n > 5)
        buf_addf(out, " ...");
}

void summary_say_detached(const struct cli *c, const struct targets *t)
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
    const struct summary *summary;
    const struct jobinfo *info; /* whose elements come now */
};

static void on_outcome(void *arg, const struct outcome *o)
{
    const struct search *search = arg;
    struct buf why = { 0 };

    if (exits_of_state(o->state) != EXITS_FAILED)
        return;
    outcome_add_why(&why, o);
    progress_note_failure(search->summary->progress, search->info, o->elem,
                          o->worker, buf_view(&why));
    search->summary->progress->has_logs &= outcome_has_started(o);
    buf_fini(&why);
}

/* Without progress events nobody has told which element of an array it was. */
static void find_failure_await(struct cli *c, const struct summary *s)
{
    for (size_t i = 0; i < s->targets->n; i++) {
        const struct target *t = &s->targets->at[i];
        struct search search = { s, &t->job->info };
        struct outcomes_query query = { .target = t,
                                        .each = on_outcome,
                                        .arg = &search };

        if (s->progress->failure.len > 0)
            return;
        if (t->job->info.array && target_n(t) <= SEARCH_MAX &&
            outcomes_await(c, &query) != EXITS_DONE)
            return;
    }
}

/* ---- saying it ---- */

static void add_parts(struct buf *out, const struct counts *n)
{
    text_add_part(out, "", n->failed, "failed");
    text_add_part(out, "", n->lost, "lost");
    text_add_part(out, "", n->expired, "expired");
    text_add_part(out, "", n->cancelled, "cancelled");
}

static void say_failed(const struct cli *c, const struct summary *s)
{
    struct buf parts = { 0 }, all = { 0 };

    add_parts(&parts, &s->ended);
    if (parts.len == 0)
        return;
    duration_add_number(&all, s->ended.n);
    cli_say(c, "%s: %s of %s", buf_text(&s->progress->title), buf_text(&parts),
            buf_text(&all));
    if (s->progress->failure.len > 0 && !s->is_shown)
        cli_say(c, "     last failure: %s", buf_text(&s->progress->failure));
    buf_fini(&parts);
    buf_fini(&all);
}

/* The state to list, of the failures that there were. */
static const char *failed_state(const struct counts *n)
{
    if (n->failed > 0)
        return state_name(STATE_FAILED);
    return state_name(n->lost > 0 ? STATE_LOST : STATE_EXPIRED);
}

static bool has_failed(const struct summary *s)
{
    return s->ended.failed + s->ended.lost + s->ended.expired > 0;
}

static void say_next(const struct cli *c, const struct summary *s)
{
    struct progress *p = s->progress;
    bool is_one = s->ended.n == 1;
    struct buf next = { 0 };

    if (!has_failed(s))
        return;
    if (!is_one)
        buf_addf(&next, "yon ls --state %s", failed_state(&s->ended));
    else if (p->has_logs)
        buf_addf(&next, "yon logs %s --stderr", buf_text(&p->failed));
    if (!is_one && s->targets->n == 1) {
        buf_addf(&next, "    yon result ");
        add_selector(&next, s->targets);
        buf_addf(&next, " --each");
    } else if (p->failed.len > 0) {
        buf_addf(&next, "%syon show %s", next.len > 0 ? "    " : "",
                 buf_text(&p->failed));
    }
    cli_say(c, "     see: %s", buf_text(&next));
    buf_fini(&next);
}

/* They have written more than is kept, and nobody followed it. */
static void say_gaps(const struct cli *c, const struct summary *s)
{
    struct buf of = { 0 }, which = { 0 };

    if (s->ended.gaps == 0)
        return;
    if (s->ended.n > 1)
        buf_addf(&of, " of %" PRIu32 " of %" PRIu32, s->ended.gaps, s->ended.n);
    add_selector(&which, s->targets);
    cli_say(c,
            "%s: output%s was dropped: more than is kept, and nobody followed "
            "it",
            buf_text(&s->progress->title), buf_text(&of));
    cli_say(
        c,
        "     see: yon show %s    all of it: --output-limit SIZE or --stdout "
        "FILE of yon submit",
        buf_text(&which));
    buf_fini(&of);
    buf_fini(&which);
}

void summary_say_await(struct cli *c, const struct summary *s)
{
    if (s->exit == EXITS_DONE || c->quiet || c->output->is_json)
        return;
    if (has_failed(s))
        find_failure_await(c, s);
    say_failed(c, s);
    say_next(c, s);
    say_gaps(c, s);
}
