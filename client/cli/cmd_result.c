/* SPDX-License-Identifier: MIT */
/* yon result: what ended jobs left. */
#include <inttypes.h>
#include <stdio.h>

#include "client/cli/cmd.h"
#include "client/cli/jobdoc.h"
#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/stored_output.h"
#include "libcommon/duration.h"
#include "proto/body.h"

enum form { FORM_BARE, FORM_LIST, FORM_EACH, FORM_RAW };

struct printing {
    struct cli *c;
    enum form form;
    const struct jobinfo *info; /* of the job whose outcomes come now */
    struct job_items items;
    struct output out;       /* unless raw */
    struct whole_body whole; /* of the outcome that is added to it */
    uint32_t n;              /* outcomes so far, of this job */
    uint32_t n_not_done;
    uint32_t n_gaps; /* outputs of which a part is missing */
    int worst;
};

/* ---- one outcome ---- */

static json_t *result_doc(void *arg, const void *thing)
{
    struct printing *p = arg;
    const struct outcome *o = thing;
    char id[TASK_TEXT_LEN];
    json_t *object = json_object();

    if (p->form == FORM_BARE)
        json_object_set_new(object, "schema", json_string("yon.result/1"));
    json_object_set_new(object, "id",
                        json_string(task_text_at(&p->items, o->elem, id)));
    json_object_set_new(object, "item", jobdoc_item(&p->items, o->elem));
    json_object_set_new(object, "state", json_string(state_name(o->state)));
    json_object_set_new(object, "reason", json_text_or_null(o->reason));
    json_object_set_new(object, "worker", json_text_or_null(o->worker));
    json_object_set_new(object, "attempt", jobdoc_attempt(o));
    json_object_set_new(object, "started_at", json_time(o->started_ms));
    json_object_set_new(object, "ended_at", json_time(o->ended_ms));
    json_object_set_new(object, "run_s",
                        json_seconds(o->started_ms, o->ended_ms));
    jobdoc_add_result(p->info, o, &p->whole.body, object);
    return object;
}

/* How much of a stream is missing, and where that begins. */
struct gap {
    enum stream stream;
    uint64_t offset, len;
    uint64_t written; /* bytes of the whole stream */
};

static void say_gap(struct printing *p, const struct outcome *o, struct gap gap)
{
    char id[TASK_TEXT_LEN];

    if (gap.len == 0 || p->info->kind == KIND_CALL)
        return;
    p->worst = EXITS_FAILED;
    if (p->n_gaps++ < CLI_LINES_MAX)
        cli_warn(p->c,
                 "%s wrote %" PRIu64 " bytes to %s; %" PRIu64
                 " of them, from %" PRIu64 " on, were not kept",
                 task_text_at(&p->items, o->elem, id), gap.written,
                 gap.stream == STREAM_OUT ? "stdout" : "stderr", gap.len,
                 gap.offset);
}

static struct gap gap_of(const struct body *body, enum stream stream)
{
    struct kept kept = body_kept(body, stream);

    return (struct gap){ stream, kept.head.len, kept_gap(&kept), kept.len };
}

/* ---- one as bytes ---- */

struct raw {
    uint64_t at; /* offset of what comes next */
    struct gap gap;
};

static void note_gap(struct raw *r, uint64_t at)
{
    if (r->gap.len == 0)
        r->gap.offset = r->at;
    r->gap.len += at - r->at;
}

static bool put_bytes(void *arg, uint64_t at, struct view bytes)
{
    struct raw *r = arg;

    note_gap(r, at);
    output_put(bytes);
    r->at = at + bytes.len;
    return true;
}

static void put_raw_await(struct printing *p, const struct outcome *o)
{
    struct body body = outcome_body(o);
    struct raw raw = { .gap.stream = STREAM_OUT };

    if (p->info->kind == KIND_CALL) {
        output_put(body.result);
        return;
    }
    stored_output_read_await(p->c, o->id, &body, STREAM_OUT, 0, put_bytes,
                             &raw);
    raw.gap.written = body_kept(&body, STREAM_OUT).len;
    note_gap(&raw, raw.gap.written);
    say_gap(p, o, raw.gap);
}

/* Alone: of a call only its value, unless JSON was asked for. */
static void result_text(void *arg, const void *thing, struct buf *out)
{
    struct printing *p = arg;
    const struct outcome *o = thing;

    if (p->info->kind == KIND_COMMAND)
        json_add(out, result_doc(arg, thing));
    else if (o->state == STATE_DONE)
        json_add(out, jobdoc_value(o));
    if (out->len > 0)
        buf_add(out, "\n", 1);
}

static const struct output_view bare_view = { .doc = result_doc,
                                              .text = result_text };

static const struct output_view list_view = {
    .schema = "yon.resultlist/1",
    .key = "results",
    .is_streamed = true,
    .doc = result_doc,
};

/* The first of what is not done, each with its reason. */
static void say_why(struct printing *p, const struct outcome *o)
{
    struct buf why = { 0 }, title = { 0 };

    if (p->n_not_done++ >= CLI_LINES_MAX)
        return;
    outcome_add_why(&why, o);
    task_add_title(&title, &p->items, o->elem);
    cli_say(p->c, "yon: %s %s: %s", buf_text(&title), state_name(o->state),
            buf_text(&why));
    buf_fini(&title);
    buf_fini(&why);
}

static void put_doc_await(struct printing *p, const struct outcome *o)
{
    struct body body = outcome_body(o);

    whole_body_read_await(p->c, o->id, &body, &p->whole);
    output_add(&p->out, o);
    say_gap(p, o, gap_of(&p->whole.body, STREAM_OUT));
    say_gap(p, o, gap_of(&p->whole.body, STREAM_ERR));
    whole_body_fini(&p->whole);
}

static void put_outcome(void *arg, const struct outcome *o)
{
    struct printing *p = arg;

    if (p->form == FORM_RAW)
        put_raw_await(p, o);
    else
        put_doc_await(p, o);
    p->n++;
    p->worst = exits_worse(p->worst, exits_of_state(o->state));
    if ((p->form == FORM_BARE || p->form == FORM_RAW) && o->state != STATE_DONE)
        say_why(p, o);
}

static void say_more(const struct printing *p, uint32_t n, const char *what)
{
    struct buf more = { 0 };

    if (n <= CLI_LINES_MAX)
        return;
    duration_add_number(&more, n - CLI_LINES_MAX);
    cli_say(p->c, "yon: and %s more %s", buf_text(&more), what);
    buf_fini(&more);
}

/* ---- all of them ---- */

static enum form form_of(const struct cli *c, const struct targets *t)
{
    if (options_has(&c->options, OPT_RAW))
        return FORM_RAW;
    if (options_has(&c->options, OPT_EACH) || c->output->id == OUTPUT_JSONL)
        return FORM_EACH;
    if (t->n == 1 && target_n(&t->at[0]) == 1 &&
        !(t->at[0].is_whole && t->at[0].job->info.array))
        return FORM_BARE;
    return FORM_LIST;
}

/* Lists and lines are JSON, whatever was asked for. */
static void out_init(struct printing *p)
{
    if (p->form == FORM_LIST)
        output_init(&p->out, output_kind(OUTPUT_JSON), &list_view, p);
    else if (p->form == FORM_EACH)
        output_init(&p->out, output_kind(OUTPUT_JSONL), &list_view, p);
    else
        output_init(&p->out, p->c->output, &bare_view, p);
}

static int fail_pending(const struct printing *p, uint32_t n)
{
    struct fault fault = { EXITS_FAILED, ERR_PENDING, "" };
    struct buf left = { 0 };
    int code;

    snprintf(fault.hint, sizeof fault.hint,
             p->form == FORM_LIST ? "wait for it with: yon wait %" PRIu64
                                    "    what is there: yon result %" PRIu64
                                    " --each"
                                  : "wait for it with: yon wait %" PRIu64,
             p->info->job, p->info->job);
    duration_add_number(&left, n - p->n);
    if (n == 1)
        code = cli_fail(p->c, fault, "%" PRIu64 " is %s", p->info->job,
                        state_name(p->info->state));
    else
        code = cli_fail(
            p->c, fault, "%" PRIu64 " is %s: %s of its jobs have not ended",
            p->info->job, state_name(p->info->state), buf_text(&left));
    buf_fini(&left);
    return code;
}

/* The items stand in the full record of the job. */
static int find_full_await(struct printing *p, const struct target *t,
                           struct jobs *full)
{
    bool found = true;
    int code = EXITS_DONE;

    p->info = &t->job->info;
    if (p->info->array)
        code = jobs_find_await(p->c, p->info->job, true, full, &found);
    if (code == EXITS_DONE && full->n > 0)
        p->info = &full->at[0]->info;
    p->items = job_items_of(p->info);
    p->n = 0;
    return code;
}

static int print_await(struct printing *p, const struct target *t)
{
    struct outcomes_query query = {
        .target = t,
        .bodies = true,
        .each = put_outcome,
        .arg = p,
    };
    struct jobs full = { 0 };
    int code = find_full_await(p, t, &full);

    if (code == EXITS_DONE)
        code = outcomes_await(p->c, &query);
    if (code == EXITS_DONE && p->n < target_n(t))
        code = fail_pending(p, target_n(t));
    jobs_fini(&full);
    return code;
}

/* The first job that has not ended; NULL: all have. A list is all or nothing.
 */
static const struct target *first_pending(const struct targets *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->at[i].is_whole && !state_is_terminal(t->at[i].job->info.state))
            return &t->at[i];
    return NULL;
}

static int print_all_await(struct printing *p, const struct targets *t)
{
    const struct target *pending =
        p->form == FORM_LIST ? first_pending(t) : NULL;
    int code = EXITS_DONE;

    if (pending != NULL) {
        p->info = &pending->job->info;
        return fail_pending(p, target_n(pending));
    }
    for (size_t i = 0; i < t->n && code == EXITS_DONE; i++)
        code = print_await(p, &t->at[i]);
    output_end(&p->out);
    say_more(p, p->n_not_done, "that are not done");
    say_more(p, p->n_gaps, "outputs with a gap");
    return code;
}

int cmd_result(struct cli *c)
{
    struct printing p = { .c = c };
    struct targets targets;
    int code = targets_find_await(c, &targets);

    if (code == EXITS_DONE) {
        p.form = form_of(c, &targets);
        out_init(&p);
        code = print_all_await(&p, &targets);
    }
    output_fini(&p.out);
    targets_fini(&targets);
    return code != EXITS_DONE ? code : p.worst;
}
