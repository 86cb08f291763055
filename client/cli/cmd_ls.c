/* SPDX-License-Identifier: MIT */
/* yon ls: a table of jobs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/cli/cmd.h"
#include "client/cli/jobdoc.h"
#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/progress.h"
#include "client/cli/table.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/utf8.h"
#include "proto/counts.h"

#define RECENT 10
#define BAR_CELLS 10
#define ROWS 1000 /* of a table, then comes another: lists may be very long */

static const char *const headings[] = { ">ID",   "NAME",  "STATE", ">DONE",
                                        "",      ">FAIL", ">RUN",  ">AGE",
                                        ">TOOK", "NOTE",  NULL };

struct listing {
    struct cli *c;
    unsigned state; /* --state; 0: any */
    int64_t now_ms;
    struct table table;
    struct output out;
    uint32_t n_by_state[STATE_COUNT];
    const struct jobinfo *info; /* whose outcomes come now */
    struct job_items items;     /* of that */
    struct buf totals;          /* the last line of a table */
    json_t *totals_doc;         /* the same figures */
};

/* A row: a job, or an element of one. */
struct entry {
    const struct jobinfo *info;
    const struct outcome *outcome; /* how it ended, where that is shown */
    const struct outcomes_failures *failures; /* of an array; NULL: not asked */
    bool is_element;
    struct view note; /* of a job */
};

/* ---- rows ---- */

static void add_table(struct listing *l, struct buf *out)
{
    l->table.color = l->c->color_out;
    if (l->table.n_cells > 0)
        table_print(&l->table, cli_width(STDOUT_FILENO), out);
    table_fini(&l->table);
    table_init(&l->table, headings);
}

static enum table_style style_of(unsigned state)
{
    switch (state) {
    case STATE_RUNNING:
        return TABLE_CYAN;
    case STATE_RETRYING:
    case STATE_CANCELLED:
        return TABLE_YELLOW;
    case STATE_DONE:
        return TABLE_GREEN;
    case STATE_WAITING:
        return TABLE_PLAIN;
    default:
        return TABLE_RED;
    }
}

static void add_text(struct table *t, struct buf *text)
{
    table_add(t, buf_view(text));
    buf_fini(text);
}

static void add_number(struct table *t, uint64_t n)
{
    struct buf text = { 0 };

    duration_add_number(&text, n);
    add_text(t, &text);
}

static void add_age(struct listing *l, const struct jobinfo *info)
{
    struct buf text = { 0 };
    int64_t age_ms = l->now_ms - info->submitted_ms;

    duration_add_age(&text, age_ms > 0 ? age_ms : 0);
    add_text(&l->table, &text);
}

static void add_took(struct listing *l, int64_t started_ms, int64_t ended_ms)
{
    struct buf text = { 0 };

    if (started_ms > 0 && ended_ms >= started_ms)
        duration_add(&text, ended_ms - started_ms);
    else
        buf_addf(&text, l->c->utf8 ? "–" : "-");
    add_text(&l->table, &text);
}

static void add_done(struct listing *l, const struct jobinfo *info)
{
    const struct counts *n = &info->counts;
    struct buf done = { 0 }, bar = { 0 };

    duration_add_number(&done, n->done);
    buf_addf(&done, "/");
    duration_add_number(&done, n->n);
    add_text(&l->table, &done);
    if (info->array && !state_is_terminal(info->state))
        progress_add_bar(&bar, (double)counts_ended(n) / n->n, BAR_CELLS,
                         l->c->utf8);
    add_text(&l->table, &bar);
}

/* The progress that it has reported. */
static void add_progress(struct buf *out, const struct jobinfo *info)
{
    if (!job_has_progress(info))
        return;
    progress_add_amount(out, info->done, info->total);
    buf_addf(out, "%s", info->doing.len > 0 ? "  " : "");
    buf_add_view(out, info->doing);
}

/* The newest failure, behind the note so far. */
static void add_failure(struct buf *out, const struct jobinfo *info)
{
    buf_addf(out, "%s", out->len > 0 && info->failed_why.len > 0 ? "; " : "");
    if (info->elem_failed > 0 && info->array) {
        struct job_items items = job_items_of(info);

        task_add_title(out, &items, info->elem_failed);
        buf_addf(out, ": ");
    }
    buf_add_view(out, info->failed_why);
}

/* Behind the note so far: output of it was dropped. */
static void add_gaps(struct buf *out, const struct jobinfo *info)
{
    if (info->counts.gaps == 0)
        return;
    buf_addf(out, "%s", out->len > 0 ? "; " : "");
    if (info->array)
        buf_addf(out, "output of %" PRIu32 " has gaps", info->counts.gaps);
    else
        buf_addf(out, "its output has a gap");
}

static void add_job_row(struct listing *l, const struct entry *e)
{
    const struct jobinfo *info = e->info;
    struct table *t = &l->table;
    const struct counts *n = &info->counts;

    table_addf(t, "%" PRIu64, info->job);
    table_add(t, info->jobname.len > 0 ? info->jobname : info->fn);
    table_addf(t, "%s", state_name(info->state));
    table_style(t, style_of(info->state));
    add_done(l, info);
    add_number(t, n->failed + n->expired + n->lost);
    add_number(t, n->running);
    add_age(l, info);
    /* The store does not know when the first element of an array started. */
    add_took(l, info->array ? info->submitted_ms : info->started_ms,
             info->ended_ms);
    table_add(t, e->note);
}

static void add_element_row(struct listing *l, const struct entry *e)
{
    const struct jobinfo *info = e->info;
    const struct outcome *o = e->outcome;
    struct table *t = &l->table;
    struct buf why = { 0 };
    char id[TASK_TEXT_LEN], room[JOB_ITEM_LEN];
    struct view item = job_items_at(&l->items, o->elem, room);

    table_addf(t, "%s", task_text_at(&l->items, o->elem, id));
    table_add(t, info->jobname.len > 0 ? info->jobname : info->fn);
    table_addf(t, "%s", state_name(o->state));
    table_style(t, style_of(o->state));
    table_addf(t, "0/1");
    table_addf(t, "%s", "");
    table_addf(t, "%d", o->state != STATE_CANCELLED);
    table_addf(t, "0");
    add_age(l, info);
    add_took(l, o->started_ms, o->ended_ms);
    if (item.len > 0 && info->step == 0) {
        utf8_add_safe(&why, item);
        buf_addf(&why, ": ");
    }
    outcome_add_why(&why, o);
    if (o->dropped > 0)
        buf_addf(&why, "; its output has a gap");
    add_text(t, &why);
}

/* ---- as -o wants it ---- */

static void entry_text(void *arg, const void *thing, struct buf *out)
{
    const struct entry *e = thing;
    struct listing *l = arg;

    if (e->is_element)
        add_element_row(l, e);
    else
        add_job_row(l, e);
    if (l->table.n_cells >= ROWS * l->table.n_columns)
        add_table(l, out);
}

static void entries_end(void *arg, struct buf *out)
{
    struct listing *l = arg;

    add_table(l, out);
    buf_add_view(out, buf_view(&l->totals));
}

static json_t *entry_doc(void *arg, const void *thing)
{
    const struct entry *e = thing;
    struct listing *l = arg;
    struct job_items whole = job_items_of(e->info);
    json_t *doc = jobdoc_new(e->is_element ? &l->items : &whole, e->outcome);

    if (e->failures != NULL)
        jobdoc_add_failures(doc, e->info, e->failures);
    return doc;
}

static json_t *entries_foot(void *arg)
{
    const struct listing *l = arg;

    return json_pack("{s:O?}", "totals", l->totals_doc);
}

static void entry_id(void *arg, const void *thing, struct buf *out)
{
    const struct entry *e = thing;
    struct listing *l = arg;
    char id[TASK_TEXT_LEN];

    buf_addf(out, "%s",
             e->is_element ? task_text_at(&l->items, e->outcome->elem, id)
                           : task_text(e->info, 0, id));
}

static const struct output_view entries_view = {
    .schema = "yon.joblist/1",
    .key = "jobs",
    .has_cursor = true,
    .is_streamed = true,
    .text = entry_text,
    .end = entries_end,
    .doc = entry_doc,
    .foot = entries_foot,
    .id = entry_id,
};

/* ---- one job: what each kind of output has to know first ---- */

/* Why it waits, or failed; how far it is. */
static int list_noted_await(struct listing *l, struct listed_job *job)
{
    const struct jobinfo *info = &job->info;
    struct entry e = { .info = info };
    struct buf note = { 0 };
    int code = EXITS_DONE;

    if (info->elem_failed > 0)
        code = job_load_items_await(l->c, job);
    if (code != EXITS_DONE)
        return code;
    buf_add_view(&note, info->note);
    add_progress(&note, info);
    if (note.len == 0 && state_is_terminal(info->state)) {
        struct outcomes_failures failures;

        code = outcomes_failures_await(l->c, job, &failures);
        text_tally_add(&failures.kinds, 1, l->c->utf8, &note);
        outcomes_failures_fini(&failures);
    }
    if (note.len == 0 ||
        (info->elem_failed > 0 && !state_is_terminal(info->state)))
        add_failure(&note, info);
    add_gaps(&note, info);
    e.note = buf_view(&note);
    output_add(&l->out, &e);
    buf_fini(&note);
    return code;
}

static void on_ended(void *arg, const struct outcome *o)
{
    struct listing *l = arg;

    output_add(&l->out, &(struct entry){ .info = l->info, .outcome = o });
}

/* The coordinator forgets the last failure of an array that has ended. */
static int list_array_await(struct listing *l, struct listed_job *job)
{
    struct outcomes_failures failures;
    int code = outcomes_failures_await(l->c, job, &failures);

    if (code == EXITS_DONE &&
        (job->info.elem_failed > 0 || failures.last_elem > 0))
        code = job_load_items_await(l->c, job);
    output_add(&l->out,
               &(struct entry){ .info = &job->info, .failures = &failures });
    outcomes_failures_fini(&failures);
    return code;
}

/* How a single job has failed stands in its outcome. */
static int list_explained_await(struct listing *l, struct listed_job *job)
{
    struct target target = { .job = job, .is_whole = true };
    struct outcomes_query query = { .target = &target,
                                    .each = on_ended,
                                    .arg = l };

    if (job->info.array)
        return list_array_await(l, job);
    if (job->info.state > STATE_DONE) {
        l->info = &job->info;
        return outcomes_await(l->c, &query);
    }
    output_add(&l->out, &(struct entry){ .info = &job->info });
    return EXITS_DONE;
}

static int list_plain(struct listing *l, struct listed_job *job)
{
    output_add(&l->out, &(struct entry){ .info = &job->info });
    return EXITS_DONE;
}

static int list_job_await(struct listing *l, struct listed_job *job)
{
    static int (*const list_await[])(struct listing *, struct listed_job *) = {
        [OUTPUT_TABLE] = list_noted_await,
        [OUTPUT_JSON] = list_explained_await,
        [OUTPUT_JSONL] = list_explained_await,
        [OUTPUT_ID] = list_plain,
    };
    _Static_assert(ARRAY_LEN(list_await) == OUTPUT_COUNT, "one per kind");

    l->n_by_state[job->info.state]++;
    return list_await[l->c->output->id](l, job);
}

/* ---- what is listed ---- */

static void on_element(void *arg, const struct outcome *o)
{
    struct listing *l = arg;

    if (o->state != l->state)
        return;
    l->n_by_state[o->state]++;
    output_add(
        &l->out,
        &(struct entry){ .info = l->info, .outcome = o, .is_element = true });
}

static int list_elements_await(struct listing *l, struct listed_job *job)
{
    struct target target = { .job = job, .is_whole = true };
    struct outcomes_query query = { .target = &target,
                                    .each = on_element,
                                    .arg = l };
    int code;

    if (counts_in(&job->info.counts, l->state) == 0)
        return EXITS_DONE;
    code = job_load_items_await(l->c, job);
    l->info = &job->info;
    l->items = job_items_of(&job->info);
    return code == EXITS_DONE ? outcomes_await(l->c, &query) : code;
}

static int list_page_await(void *arg, const struct jobs *page)
{
    struct listing *l = arg;
    bool by_element = l->state > STATE_DONE;
    int code = EXITS_DONE;

    for (size_t i = 0; i < page->n && code == EXITS_DONE; i++) {
        const struct jobinfo *info = &page->at[i]->info;

        if (by_element)
            code = list_elements_await(l, page->at[i]);
        else if (l->state == 0 || l->state == info->state)
            code = list_job_await(l, page->at[i]);
    }
    return code;
}

static int list_recent_await(struct listing *l)
{
    struct op op = { .type = OP_LIST };
    struct jobs jobs = { 0 };
    int code;

    op.u.list.what = LIST_RECENT;
    op.u.list.limit = RECENT;
    code = jobs_list_await(l->c, &op, &jobs, NULL);
    if (code == EXITS_DONE)
        code = list_page_await(l, &jobs);
    jobs_fini(&jobs);
    return code;
}

/* The recent ones hold all that are active, but not all that ended. */
static bool wants_all(const struct listing *l)
{
    return options_has(&l->c->options, OPT_ALL) ||
           (l->state != 0 && state_is_terminal(l->state));
}

/* ---- the end ---- */

static void set_totals_doc(struct listing *l, const struct op_status_reply *s)
{
    json_t *doc = json_object();

    for (unsigned i = STATE_WAITING; i < STATE_COUNT; i++)
        json_object_set_new(doc, state_name(i), json_integer(l->n_by_state[i]));
    json_object_set_new(doc, "slots_used", json_integer(s->slots_used));
    json_object_set_new(doc, "slots", json_integer(s->slots));
    json_object_set_new(doc, "workers", json_integer(s->n_workers));
    l->totals_doc = doc;
}

static void on_status(void *arg, const struct op *op, bool last)
{
    struct listing *l = arg;
    struct buf *out = &l->totals;
    uint32_t n_ended = 0;

    (void)last;
    if (op->type != OP_STATUS_REPLY)
        return;
    set_totals_doc(l, &op->u.status_reply);
    for (unsigned s = STATE_WAITING; s < STATE_COUNT; s++) {
        n_ended += state_is_terminal(s) ? l->n_by_state[s] : 0;
        if (l->n_by_state[s] > 0)
            buf_addf(out, "%s%" PRIu32 " %s", out->len > 0 ? ", " : "",
                     l->n_by_state[s], state_name(s));
    }
    if (out->len == 0)
        buf_addf(out, "no %s%sjobs", l->state != 0 ? state_name(l->state) : "",
                 l->state != 0 ? " " : "");
    buf_addf(out,
             "; %" PRIu32 "/%" PRIu32 " slots busy on %" PRIu32 " worker%s",
             op->u.status_reply.slots_used, op->u.status_reply.slots,
             op->u.status_reply.n_workers,
             op->u.status_reply.n_workers == 1 ? "" : "s");
    /* Jobs that ended before the coordinator's start are not counted. */
    if (!wants_all(l) && n_ended >= RECENT)
        buf_addf(out, "            (yon ls --all for older ones)");
    buf_addf(out, "\n");
}

static int finish_await(struct listing *l)
{
    struct op op = { .type = OP_STATUS };
    int code = EXITS_DONE;

    if (l->c->output->id == OUTPUT_TABLE || l->c->output->is_document)
        code = cli_request_await(l->c, &op, on_status, l);
    output_end(&l->out);
    return code;
}

static unsigned state_of(const char *name)
{
    for (unsigned s = STATE_WAITING; s < STATE_COUNT; s++)
        if (name != NULL && strcmp(state_name(s), name) == 0)
            return s;
    return 0;
}

int cmd_ls(struct cli *c)
{
    const struct options *o = &c->options;
    struct listing l = {
        .c = c,
        .state = state_of(options_text(o, OPT_STATE, NULL)),
        .now_ms = (int64_t)time(NULL) * 1000,
    };
    int code;

    if (o->n_args > 0)
        return cli_usage(c, "ls takes no jobs: see yon show %s", o->args[0]);
    table_init(&l.table, headings);
    output_init(&l.out, c->output, &entries_view, &l);
    code = cli_connect(c);
    if (code == EXITS_DONE)
        code = wants_all(&l) ? jobs_walk_await(c, list_page_await, &l)
                             : list_recent_await(&l);
    if (code == EXITS_DONE)
        code = finish_await(&l);
    output_fini(&l.out);
    table_fini(&l.table);
    buf_fini(&l.totals);
    json_decref(l.totals_doc);
    return code;
}
