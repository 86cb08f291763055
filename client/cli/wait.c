/* SPDX-License-Identifier: MIT */
/* wait - until jobs have ended, with progress. */
#include "client/cli/wait.h"

#include <stdlib.h>

#include "client/cli/jobdoc.h"
#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/screen.h"
#include "client/cli/start_notice.h"
#include "client/cli/summary.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/counts.h"

/* Requests that are open at a time: elements of millions are waited for in
 * order. With `any` there is one for each target, for any may be the first. */
#define WINDOW 256
#define PROGRESS_MS 200

/* With more jobs, items of lists are not fetched for the sake of a name. */
#define LOADED_MAX 8

/* One AWAIT, of a whole job or of one element. */
struct slot {
    struct waiting *waiting;
    struct listed_job *job;
    uint32_t elem; /* 0: all of it */
    /* With `any`, of an array: an element of this is enough. Else NULL. */
    const struct target *any_of;
    uint64_t n_seen;      /* elements of the array that had ended */
    bool is_news;         /* some have ended since */
    yon_future *future;   /* NULL: the slot is free */
    struct counts counts; /* the newest, until it has ended */
};

struct waiting {
    struct cli *c;
    const struct targets *targets;
    struct wait_options how;
    size_t at;     /* the target that is opened next, */
    uint32_t elem; /* and its element */
    struct slot *slots;
    size_t n_slots, n_open;
    yon_future *news;     /* with `any`: a slot has news */
    yon_promise *news_of; /* NULL: kept */
    size_t n_ended;       /* slots, so far */
    struct counts ended;  /* sums of what has ended */
    int worst;
    struct progress progress;
    struct screen screen;
    yon_future *tick;
    struct output out;   /* what has ended */
    struct target first; /* with `any`: what ended first */
};

static uint32_t n_all(const struct targets *t)
{
    uint32_t n = 0;

    for (size_t i = 0; i < t->n; i++)
        n += target_n(&t->at[i]);
    return n;
}

/* ---- answers ---- */

/* A job or element that has ended. */
struct ended {
    const struct slot *slot;
    const struct outcome *outcome;
};

static const char *ended_task(const struct ended *e, char id[TASK_TEXT_LEN])
{
    const struct jobinfo *info = &e->slot->job->info;

    return task_text(info, e->slot->elem, id);
}

static bool is_whole_array(const struct slot *s)
{
    return s->job->info.array && s->elem == 0;
}

static json_t *ended_doc(void *arg, const void *thing)
{
    const struct ended *e = thing;
    const struct counts *n = &e->slot->counts;
    struct job_items items = job_items_of(&e->slot->job->info);
    uint32_t elem = e->slot->elem;
    char id[TASK_TEXT_LEN];

    (void)arg;
    return json_pack(
        "{s:s, s:o, s:s, s:o, s:o, "
        "s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
        "id", ended_task(e, id), "item",
        elem > 0 ? jobdoc_item(&items, elem) : json_null(), "state",
        state_name(e->outcome->state), "reason",
        json_text_or_null(e->outcome->reason), "dropped_bytes",
        is_whole_array(e->slot) ? json_null()
                                : json_integer((json_int_t)e->outcome->dropped),
        "counts", "n", (json_int_t)n->n, "done", (json_int_t)n->done, "failed",
        (json_int_t)n->failed, "cancelled", (json_int_t)n->cancelled, "expired",
        (json_int_t)n->expired, "lost", (json_int_t)n->lost, "gaps",
        (json_int_t)n->gaps);
}

static void ended_id(void *arg, const void *thing, struct buf *out)
{
    char id[TASK_TEXT_LEN];

    (void)arg;
    buf_addf(out, "%s", ended_task(thing, id));
}

/* For people the answer to --any is which one it was. */
static void ended_text(void *arg, const void *thing, struct buf *out)
{
    const struct waiting *w = arg;

    if (!w->how.any)
        return;
    ended_id(arg, thing, out);
    buf_addf(out, "\n");
}

static const struct output_view ended_view = {
    .schema = "yon.wait/1",
    .key = "jobs",
    .doc = ended_doc,
    .text = ended_text,
    .id = ended_id,
};

static void note_failure(struct waiting *w, const struct slot *s,
                         const struct outcome *o)
{
    struct buf why = { 0 };

    outcome_add_why(&why, o);
    progress_note_failure(&w->progress, &s->job->info, s->elem, o->worker,
                          buf_view(&why));
    w->progress.has_logs &= outcome_has_started(o);
    buf_fini(&why);
}

/* The summary is about this one, and about no other. */
static void note_first(struct slot *s)
{
    struct waiting *w = s->waiting;

    w->first = (struct target){
        .job = s->job,
        .is_whole = s->elem == 0,
        .first = s->elem,
        .last = s->elem,
        .step = 1,
    };
    buf_clear(&w->progress.failure);
}

static void note_ended(struct slot *s, const struct outcome *o,
                       const struct counts *counts)
{
    struct waiting *w = s->waiting;
    bool is_array = is_whole_array(s);

    if (w->how.any)
        note_first(s);
    s->counts = is_array ? *counts : counts_of_one(o->state, o->dropped > 0);
    w->worst = exits_worse(w->worst, exits_of_state(o->state));
    if (s->counts.gaps > 0)
        w->worst = EXITS_FAILED;
    w->n_ended++;
    progress_note_ended(&w->progress, s->job->info.submitted_ms, o->ended_ms);
    if (!is_array && exits_of_state(o->state) == EXITS_FAILED)
        note_failure(w, s, o);
    output_add(&w->out, &(struct ended){ s, o });
    counts_add(&w->ended, &s->counts);
    s->counts = (struct counts){ 0 };
}

/* Elements of an array have ended: perhaps one that is enough. */
static void note_news(struct slot *s, const struct counts *n)
{
    struct waiting *w = s->waiting;
    uint64_t n_ended = counts_ended(n);

    s->is_news |= n_ended > s->n_seen;
    s->n_seen = n_ended;
    if (!s->is_news || w->news_of == NULL)
        return;
    yon_keep(w->news_of, "");
    w->news_of = NULL;
}

static void on_ended(struct slot *s, const struct op *op)
{
    if (s->any_of != NULL)
        note_news(s, &op->u.ended.counts);
    else
        note_ended(s, &op->u.ended.outcome, &op->u.ended.counts);
}

static void on_progress(struct slot *s, const struct op *op)
{
    s->counts = op->u.progress.counts;
    if (s->any_of != NULL)
        note_news(s, &s->counts);
    if (n_all(s->waiting->targets) == 1)
        progress_note_report(&s->waiting->progress, yon_now_ms(),
                             &op->u.progress);
    if (op->u.progress.elem_failed > 0)
        progress_note_failure(
            &s->waiting->progress, &s->job->info, op->u.progress.elem_failed,
            op->u.progress.failed_worker, op->u.progress.failed_why);
}

static void on_answer(void *arg, const struct op *op, bool last)
{
    const struct slot *s = arg;

    (void)last;
    if (s->waiting->how.any && s->waiting->n_ended > 0)
        return;
    if (op->type == OP_ENDED)
        on_ended(arg, op);
    else if (op->type == OP_PROGRESS)
        on_progress(arg, op);
}

/* ---- slots ---- */

static bool next_task(struct waiting *w, struct slot *s)
{
    const struct target *t;

    if (w->at == w->targets->n)
        return false;
    t = &w->targets->at[w->at];
    *s = (struct slot){ .waiting = w, .job = t->job };
    if (w->how.any && t->job->info.array && (t->is_whole || target_n(t) > 1))
        s->any_of = t;
    if (t->is_whole || s->any_of != NULL) {
        w->at++;
        return true;
    }
    s->elem = w->elem == 0 ? t->first : w->elem;
    if (t->last - s->elem >= t->step) {
        w->elem = s->elem + t->step;
    } else {
        w->elem = 0;
        w->at++;
    }
    return true;
}

static void slot_open(struct slot *s)
{
    struct op op = { .type = OP_AWAIT };
    bool is_alone = n_all(s->waiting->targets) == 1;
    bool has_progress = s->any_of != NULL || (s->waiting->how.progress &&
                                              (s->elem == 0 || is_alone));

    ASSERT(s->future == NULL && s->waiting->n_open < s->waiting->n_slots);
    op.u.await.job = s->job->info.job;
    op.u.await.elem = s->elem;
    op.u.await.progress_ms = has_progress ? PROGRESS_MS : 0;
    s->future = request_new(s->waiting->c->client, &op, on_answer, s);
    s->waiting->n_open++;
}

static void slots_fill(struct waiting *w)
{
    for (size_t i = 0; i < w->n_slots && w->n_open < w->n_slots; i++) {
        struct slot *s = &w->slots[i];

        if (s->future != NULL)
            continue;
        if (!next_task(w, s))
            return;
        slot_open(s);
    }
}

/* The future of the slot is over. Returns 0 or an exit code. */
static int slot_close(struct slot *s)
{
    struct waiting *w = s->waiting;
    int code = cli_fail_wait(w->c, WAITED_OVER, s->future);

    ASSERT(w->n_open > 0);
    yon_free(s->future);
    s->future = NULL;
    w->n_open--;
    return code;
}

/* ---- showing ---- */

static void show(struct waiting *w)
{
    struct counts sum = w->ended;

    for (size_t i = 0; i < w->n_slots; i++)
        if (w->slots[i].future != NULL)
            counts_add(&sum, &w->slots[i].counts);
    sum.n = n_all(w->targets);
    progress_note(&w->progress, yon_now_ms(), &sum);
    screen_draw(&w->screen, &w->progress, yon_now_ms());
}

static void add_title(const struct targets *targets, struct buf *out)
{
    const struct target *t = &targets->at[0];
    char id[TASK_TEXT_LEN];

    if (targets->n > 1) {
        buf_addf(out, "%zu jobs", targets->n);
        return;
    }
    buf_addf(out, "%s",
             task_text(&t->job->info, target_n(t) == 1 ? t->first : 0, id));
    if (t->job->info.jobname.len > 0) {
        buf_addf(out, " ");
        buf_add_view(out, t->job->info.jobname);
    }
}

static void show_begin(struct waiting *w)
{
    struct buf title = { 0 };

    screen_init(&w->screen, w->c->utf8);
    add_title(w->targets, &title);
    progress_init(&w->progress, buf_text(&title));
    buf_fini(&title);
    if (w->how.progress)
        w->tick = yon_timer(screen_period_ms(&w->screen));
}

static void show_tick(struct waiting *w)
{
    yon_free(w->tick);
    show(w);
    w->tick = yon_timer(screen_period_ms(&w->screen));
}

/* ---- any ---- */

static void on_found(void *arg, const struct outcome *o)
{
    struct slot found = *(const struct slot *)arg;

    found.elem = found.job->info.array ? o->elem : 0;
    note_ended(&found, o, NULL);
}

/* Whether something of a target has ended: the first in order. */
static int look_await(struct waiting *w, const struct target *t)
{
    struct slot s = { .waiting = w, .job = t->job };
    struct outcomes_query query = {
        .target = t, .is_first_enough = true, .each = on_found, .arg = &s
    };

    return outcomes_await(w->c, &query);
}

/* Of targets that had ended before, the first as they were written. */
static int look_at_all_await(struct waiting *w)
{
    int code = EXITS_DONE;

    for (size_t i = 0; i < w->targets->n && w->n_ended == 0; i++) {
        const struct target *t = &w->targets->at[i];

        if (code == EXITS_DONE && (counts_ended(&t->job->info.counts) > 0 ||
                                   state_is_terminal(t->job->info.state)))
            code = look_await(w, t);
    }
    return code;
}

static int news_await(struct waiting *w)
{
    int code = EXITS_DONE;

    yon_free(w->news);
    w->news = yon_promise_new(&w->news_of);
    for (size_t i = 0; i < w->n_slots && w->n_ended == 0; i++) {
        struct slot *s = &w->slots[i];

        if (!s->is_news || code != EXITS_DONE)
            continue;
        s->is_news = false;
        code = look_await(w, s->any_of);
    }
    return code;
}

/* ---- waiting ---- */

enum {
    WAKE_INTERRUPT,
    WAKE_DEADLINE,
    WAKE_TICK,
    WAKE_NOTICE,
    WAKE_NEWS,
    WAKE_SLOTS
};

static void tell_contact(struct waiting *w)
{
    if (!cli_contact_changed(w->c))
        return;
    screen_clear(&w->screen);
    cli_tell_contact(w->c);
}

/* Wait for the next thing to happen. Returns 0 or an exit code. */
static int step_await(struct waiting *w)
{
    size_t which = 0, n = WAKE_SLOTS + w->n_slots;
    yon_future **fs = xcalloc(n, sizeof(yon_future *));

    fs[WAKE_INTERRUPT] = w->c->interrupt;
    fs[WAKE_DEADLINE] = w->c->deadline;
    fs[WAKE_TICK] = w->tick;
    fs[WAKE_NOTICE] = yon_timer(CLI_NOTICE_MS);
    fs[WAKE_NEWS] = w->news;
    for (size_t i = 0; i < w->n_slots; i++)
        fs[WAKE_SLOTS + i] = w->slots[i].future;
    (void)yon_any(fs, n, &which);
    yon_free(fs[WAKE_NOTICE]);
    free(fs);
    tell_contact(w);
    switch (which) {
    case WAKE_INTERRUPT:
        return EXITS_INTERRUPT;
    case WAKE_DEADLINE:
        return EXITS_TIMEOUT;
    case WAKE_TICK:
        show_tick(w);
        return EXITS_DONE;
    case WAKE_NOTICE:
        return EXITS_DONE;
    case WAKE_NEWS:
        return news_await(w);
    default:
        return slot_close(&w->slots[which - WAKE_SLOTS]);
    }
}

static int all_await(struct waiting *w)
{
    int code = EXITS_DONE;

    if (w->how.any)
        code = look_at_all_await(w);
    while (code == EXITS_DONE && !(w->how.any && w->n_ended > 0)) {
        slots_fill(w);
        if (w->n_open == 0)
            break;
        code = step_await(w);
    }
    return code;
}

/* Without progress nothing is shown: explain the first that waits. */
static void notice_begin(struct start_notice *n, const struct waiting *w)
{
    for (size_t i = 0; i < w->targets->n && !w->how.progress; i++) {
        const struct jobinfo *info = &w->targets->at[i].job->info;

        if (info->state == STATE_WAITING) {
            start_notice_begin(n, w->c, info->job);
            return;
        }
    }
}

static void waiting_fini(struct waiting *w)
{
    for (size_t i = 0; i < w->n_slots; i++)
        yon_free(w->slots[i].future);
    if (w->news_of != NULL)
        yon_break(w->news_of, YON_ECLOSED, NULL);
    yon_free(w->news);
    free(w->slots);
    yon_free(w->tick);
    progress_fini(&w->progress);
    output_fini(&w->out);
    free(w);
}

/* ---- the end ---- */

/* With `any` the summary is about the first to end. */
static void tell_end_await(struct waiting *w)
{
    const struct targets first = { .at = &w->first, .n = 1 };
    struct summary summary = {
        .targets = w->targets,
        .ended = w->ended,
        .exit = w->worst,
        .progress = &w->progress,
        .is_shown = w->how.progress && w->progress.failure.len > 0,
    };

    if (w->how.any) {
        summary.targets = &first;
        buf_clear(&w->progress.title);
        add_title(&first, &w->progress.title);
    }
    summary_say_await(w->c, &summary);
}

static int finish_await(struct waiting *w, int code)
{
    if (code == EXITS_INTERRUPT || code == EXITS_TIMEOUT) {
        if (code == EXITS_TIMEOUT)
            code = cli_fail_wait(w->c, WAITED_TIMEOUT, NULL);
        summary_say_detached(w->c, w->targets);
        return code;
    }
    if (code != EXITS_DONE)
        return code;
    tell_end_await(w);
    output_end(&w->out);
    return w->worst;
}

/* Failures are told while requests are open: what names them is known before.
 * Where there are many jobs it is only what their numbers need. */
static int load_items_await(struct cli *c, const struct targets *targets)
{
    int code = EXITS_DONE;

    for (size_t i = 0; i < targets->n && code == EXITS_DONE; i++) {
        struct listed_job *job = targets->at[i].job;

        if (targets->n <= LOADED_MAX || job->info.first != 0)
            code = job_load_items_await(c, job);
    }
    return code;
}

int wait_jobs_await(struct cli *c, const struct targets *targets,
                    struct wait_options how)
{
    struct waiting *w = xcalloc(1, sizeof *w);
    struct start_notice notice = { 0 };
    int code;

    ASSERT(targets->n > 0);
    code = load_items_await(c, targets);
    if (code != EXITS_DONE) {
        free(w);
        return code;
    }
    w->c = c;
    w->targets = targets;
    w->how = how;
    w->n_slots = how.any ? targets->n : WINDOW;
    w->slots = xcalloc(w->n_slots, sizeof *w->slots);
    if (how.any)
        w->news = yon_promise_new(&w->news_of);
    w->how.progress = how.progress && !c->quiet && !c->output->is_json;
    output_init(&w->out, c->output, &ended_view, w);
    cli_catch_interrupt(c);
    show_begin(w);
    if (c->verbose)
        cli_say(c, "yon: waiting for %s", buf_text(&w->progress.title));
    notice_begin(&notice, w);
    code = all_await(w);
    start_notice_end_await(&notice);
    if (w->how.progress)
        show(w);
    screen_leave(&w->screen);
    code = finish_await(w, code);
    waiting_fini(w);
    return code;
}

int wait_exit(const struct cli *c, int code)
{
    bool is_about_jobs = code == EXITS_FAILED || code == EXITS_CANCELLED;

    return is_about_jobs && options_has(&c->options, OPT_EXIT_ZERO) ? EXITS_DONE
                                                                    : code;
}
