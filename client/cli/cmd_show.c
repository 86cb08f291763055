/* SPDX-License-Identifier: MIT */
/* yon show: everything about a job on one page. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client/cli/cmd.h"
#include "client/cli/jobdoc.h"
#include "client/cli/json.h"
#include "client/cli/outcomes.h"
#include "client/cli/policydoc.h"
#include "client/cli/progress.h"
#include "client/cli/text.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/utf8.h"
#include "proto/counts.h"
#include "proto/spec.h"

#define HEAD_LINES 5
#define HEAD_COLUMNS 72
#define FAILURE_KINDS 3

struct job_page {
    struct cli *c;
    const struct jobinfo *info;
    const struct target *target;
    struct buf text;
    json_t *doc;
    json_t *attempts; /* those before, while they come */
    bool has_outcome;
};

/* ---- lines ---- */

static void add_field(struct job_page *p, const char *name, struct view value)
{
    if (value.len == 0)
        return;
    buf_addf(&p->text, "  %-10s ", name);
    utf8_add_safe(&p->text, value);
    buf_addf(&p->text, "\n");
}

static void add_text(struct job_page *p, const char *name, struct buf *value)
{
    add_field(p, name, buf_view(value));
    buf_fini(value);
}

static void add_time(struct job_page *p, const char *name, int64_t at_ms,
                     int64_t since_ms, const char *what)
{
    struct buf text = { 0 };

    if (at_ms == 0)
        return;
    duration_add_rfc3339(&text, at_ms);
    if (since_ms > 0 && at_ms >= since_ms) {
        buf_addf(&text, "   %s ", what);
        duration_add(&text, at_ms - since_ms);
    }
    add_text(p, name, &text);
}

static void add_command(struct job_page *p)
{
    struct spec_arena arena = { 0 };
    struct command_spec spec;
    struct buf text = { 0 };

    if (command_spec_decode(&arena, p->info->spec, &spec, NULL) == ERR_NONE) {
        for (size_t i = 0; i < spec.argv.n; i++) {
            buf_addf(&text, i > 0 ? " " : "");
            text_add_shellword(&text, spec.argv.at[i]);
        }
        add_text(p, "command", &text);
        add_field(p, "in", spec.cwd);
    }
    spec_arena_fini(&arena);
}

static void add_call(struct job_page *p)
{
    struct buf text = { 0 };
    json_t *args;

    add_field(p, "function", p->info->fn);
    if (json_from_msgpack(p->info->spec, &args) != ERR_NONE)
        return;
    json_add(&text, args);
    add_text(p, "arguments", &text);
}

static void add_counts(struct job_page *p)
{
    const struct counts *n = &p->info->counts;
    const struct {
        const char *name;
        uint32_t n;
    } parts[] = {
        { "waiting", counts_in(n, STATE_WAITING) },
        { "running", n->running },
        { "retrying", n->retrying },
        { "done", n->done },
        { "failed", n->failed },
        { "cancelled", n->cancelled },
        { "expired", n->expired },
        { "lost", n->lost },
    };
    struct buf text = { 0 };

    if (!p->info->array)
        return;
    duration_add_number(&text, n->n);
    buf_addf(&text, ":");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].n == 0)
            continue;
        buf_addf(&text, "%s", text.data[text.len - 1] == ':' ? " " : ", ");
        duration_add_number(&text, parts[i].n);
        buf_addf(&text, " %s", parts[i].name);
    }
    add_text(p, "jobs", &text);
}

static int add_failures_await(struct job_page *p, const struct listed_job *job)
{
    struct buf text = { 0 };
    int code = EXITS_DONE;

    if (p->info->array)
        code = outcomes_failures_await(p->c, job, FAILURE_KINDS, &text);
    add_text(p, "failures", &text);
    if (p->info->array && p->info->elem_failed > 0) {
        buf_addf(&text, "%" PRIu64 ".%" PRIu32 ": ", p->info->job,
                 p->info->elem_failed);
        buf_add_view(&text, p->info->failed_why);
    }
    add_text(p, "last one", &text);
    return code;
}

static void add_head(struct job_page *p, const char *id, unsigned state)
{
    struct buf policy = { 0 };

    buf_addf(&p->text, "%s %s: %s\n", id, job_kind_name(p->info),
             state_name(state));
    add_field(p, "name", p->info->jobname);
    if (p->info->kind == KIND_CALL)
        add_call(p);
    else
        add_command(p);
    policydoc_add(&policy, &p->info->policy);
    add_text(p, "policy", &policy);
}

/* ---- how it ended ---- */

/* The first lines of what was printed. */
static void add_output(struct job_page *p, const char *name, struct view text)
{
    for (int i = 0; i < HEAD_LINES && text.len > 0; i++) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        struct view line = { text.data, len };

        line.len = utf8_cut(line, HEAD_COLUMNS);
        add_field(p, i == 0 ? name : "", line.len > 0 ? line : view_str(" "));
        len += end != NULL;
        text = (struct view){ text.data + len, text.len - len };
    }
    if (text.len > 0)
        add_field(p, "", view_str("..."));
}

static void add_exit(struct job_page *p, const struct outcome *o)
{
    struct buf text = { 0 };

    if (p->info->kind != KIND_COMMAND)
        return;
    if (o->signal > 0)
        buf_addf(&text, "signal %" PRId64, o->signal);
    else if (outcome_has_exit(o))
        buf_addf(&text, "%" PRId64, o->code);
    add_text(p, "exit code", &text);
}

static void add_value(struct job_page *p, const struct outcome *o)
{
    struct buf text = { 0 };

    if (p->info->kind != KIND_CALL || o->state != STATE_DONE)
        return;
    json_add(&text, jobdoc_value(o));
    text.len = utf8_cut(buf_view(&text), HEAD_COLUMNS * HEAD_LINES);
    add_text(p, "result", &text);
}

static void add_hold(struct job_page *p, const struct outcome *o)
{
    struct buf text = { 0 };

    if (o->held_ms > 0) {
        buf_addf(&text, "%" PRIu32 " ms at ", o->held_ms);
        buf_add_view(&text, o->held_where);
    }
    add_text(p, "held the loop", &text);
}

static void add_ended_by(struct job_page *p, const struct outcome *o)
{
    static const char *const texts[] = {
        [ENDED_BY_ASKING] = "being asked to",
        [ENDED_BY_KILL] = "being killed: it went on when it was asked to end",
    };

    if (o->ended_by != ENDED_BY_ITSELF && o->ended_by < ARRAY_LEN(texts))
        add_field(p, "ended by", view_str(texts[o->ended_by]));
}

static void add_outcome(struct job_page *p, const struct outcome *o)
{
    struct body body = outcome_body(o);
    struct buf attempt = { 0 };

    add_field(p, "worker", o->worker);
    if (o->attempt > 0)
        buf_addf(&attempt, "%" PRIu64 ".%" PRIu64, o->epoch, o->attempt);
    add_text(p, "attempt", &attempt);
    add_time(p, "submitted", p->info->submitted_ms, 0, "");
    add_time(p, "started", o->started_ms, p->info->submitted_ms, "waited");
    add_time(p, "ended", o->ended_ms, o->started_ms, "took");
    add_hold(p, o);
    add_exit(p, o);
    add_field(p, "reason", o->reason);
    add_field(p, "message", o->message);
    add_ended_by(p, o);
    add_value(p, o);
    add_output(p, "stdout", body.out);
    add_output(p, "stderr", body.err);
}

static void on_outcome(void *arg, const struct outcome *o)
{
    struct job_page *p = arg;
    struct job_items items = job_items_of(p->info);
    char id[TASK_TEXT_LEN], text[24];
    struct view item = job_items_at(&items, o->elem, text);

    p->has_outcome = true;
    add_head(p, task_text(o->job, p->info->array, o->elem, id), o->state);
    add_field(p, "item", item);
    add_outcome(p, o);
    p->doc = jobdoc_new(p->info, o);
    jobdoc_add_spec(p->doc, p->info);
    json_object_set_new(p->doc, "item",
                        p->info->array ? json_bytes(item) : json_null());
    jobdoc_add_result(p->info, o, p->doc);
}

/* The rate is that since the start: this is the only look. */
static void add_progress(struct job_page *p)
{
    const struct jobinfo *info = p->info;
    double ran_ms = (double)((int64_t)time(NULL) * 1000 - info->started_ms);
    struct buf text = { 0 };

    if (!job_has_progress(info))
        return;
    progress_add_amount(&text, info->done, info->total);
    if (info->done > 0 && info->done < info->total && ran_ms > 0) {
        buf_addf(&text, "  eta ");
        duration_add_words(&text,
                           (int64_t)(ran_ms / (double)info->done *
                                     (double)(info->total - info->done)));
    }
    buf_addf(&text, "%s", info->doing.len > 0 ? "   " : "");
    utf8_add_safe(&text, info->doing);
    add_text(p, "progress", &text);
}

/* ---- attempts before ---- */

static void add_attempt(struct buf *out, const struct outcome *o)
{
    struct buf text = { 0 };

    if (o->started_ms > 0)
        duration_add_rfc3339(&text, o->started_ms);
    if (o->worker.len > 0) {
        buf_addf(&text, " on ");
        buf_add_view(&text, o->worker);
    }
    if (o->started_ms > 0 && o->ended_ms >= o->started_ms) {
        buf_addf(&text, ", ");
        duration_add(&text, o->ended_ms - o->started_ms);
    }
    buf_addf(&text, ": ");
    if (o->state == STATE_LOST || view_equal(o->reason, view_str("crash"))) {
        buf_add_view(&text, o->reason);
        buf_addf(&text, ", ");
    }
    outcome_add_why(&text, o);
    buf_addf(out, "  %-10s ", "before");
    utf8_add_safe(out, buf_view(&text));
    buf_addf(out, "\n");
    buf_fini(&text);
}

static void on_attempt(void *arg, const struct outcome *o)
{
    struct job_page *p = arg;

    add_attempt(&p->text, o);
    json_array_append_new(p->attempts, jobdoc_of_attempt(o));
}

static int add_attempts_await(struct job_page *p, uint32_t elem)
{
    int code;

    p->attempts = json_array();
    code = outcomes_attempts_await(p->c, p->info->job, elem, on_attempt, p);
    if (p->doc != NULL)
        json_object_set(p->doc, "attempts", p->attempts);
    json_decref(p->attempts);
    return code;
}

/* ---- pages ---- */

static int add_whole_await(struct job_page *p)
{
    const struct jobinfo *info = p->info;
    char id[TASK_TEXT_LEN];
    int code;

    add_head(p, task_text(info->job, false, 0, id), info->state);
    add_counts(p);
    code = add_failures_await(p, p->target->job);
    add_time(p, "submitted", info->submitted_ms, 0, "");
    add_time(p, "started", info->started_ms, info->submitted_ms, "waited");
    add_time(p, "ended", info->ended_ms, info->started_ms, "took");
    add_progress(p);
    add_field(p, "note", info->note);
    p->doc = jobdoc_new(info, NULL);
    jobdoc_add_spec(p->doc, info);
    return code;
}

static int add_pending_await(struct job_page *p)
{
    char id[TASK_TEXT_LEN];

    if (p->target->is_whole)
        return add_whole_await(p);
    task_text(p->info->job, true, p->target->first, id);
    buf_addf(&p->text, "%s %s: has not ended\n", id, job_kind_name(p->info));
    p->doc = jobdoc_new(p->info, NULL);
    json_object_set_new(p->doc, "id", json_string(id));
    json_object_set_new(p->doc, "state", json_null());
    return EXITS_DONE;
}

static void add_next(const struct job_page *p, struct buf *out)
{
    const char *more = p->info->kind == KIND_CALL ? "" : "    yon logs ";
    uint64_t id = p->info->job;

    if (!state_is_terminal(p->info->state))
        buf_addf(out,
                 "  next:      yon wait %" PRIu64 " -p    yon cancel %" PRIu64
                 "\n",
                 id, id);
    else if (p->info->array)
        buf_addf(out, "  next:      yon result %" PRIu64 " --each\n", id);
    else if (*more != '\0')
        buf_addf(out, "  next:      yon result %" PRIu64 "%s%" PRIu64 "\n", id,
                 more, id);
    else
        buf_addf(out, "  next:      yon result %" PRIu64 "\n", id);
}

static int page_fill_await(struct job_page *p, const struct target *t)
{
    struct outcomes_query query = {
        .target = t, .bodies = true, .each = on_outcome, .arg = p
    };
    int code = EXITS_DONE;

    if (!t->is_whole || !p->info->array)
        code = outcomes_await(p->c, &query);
    if (code == EXITS_DONE && !p->has_outcome)
        code = add_pending_await(p);
    if (code == EXITS_DONE && (!t->is_whole || !p->info->array))
        code = add_attempts_await(p, t->is_whole ? 1 : t->first);
    return code;
}

static void page_text(void *arg, const void *thing, struct buf *out)
{
    const struct job_page *p = thing;

    (void)arg;
    buf_add_view(out, buf_view(&p->text));
    add_next(p, out);
}

static json_t *page_entry(void *arg, const void *thing)
{
    const struct job_page *p = thing;

    (void)arg;
    return json_incref(p->doc);
}

static json_t *page_doc(void *arg, const void *thing)
{
    const struct job_page *p = thing;
    json_t *doc = json_pack("{s:s}", "schema", "yon.job/1");

    (void)arg;
    json_object_update(doc, p->doc);
    return doc;
}

static const struct output_view page_view = { .text = page_text,
                                              .doc = page_doc };

static const struct output_view list_view = {
    .text = page_text,
    .doc = page_entry,
    .line = page_doc,
    .schema = "yon.joblist/1",
    .key = "jobs",
    .has_cursor = true,
};

static int show_await(struct cli *c, const struct target *t, struct output *out)
{
    struct job_page p = { .c = c, .target = t };
    struct jobs full = { 0 };
    bool found = false;
    int code = jobs_find_await(c, t->job->info.job, true, &full, &found);

    if (code == EXITS_DONE && found) {
        p.info = &full.at[0]->info;
        code = page_fill_await(&p, t);
        if (code == EXITS_DONE)
            output_add(out, &p);
    }
    json_decref(p.doc);
    buf_fini(&p.text);
    jobs_fini(&full);
    return code;
}

/* Elements are shown one by one. */
static int show_target_await(struct cli *c, const struct target *target,
                             struct output *out)
{
    struct target t = *target;
    int code = EXITS_DONE;

    if (t.is_whole)
        return show_await(c, &t, out);
    t.step = 1;
    for (uint32_t k = 0; k < target_n(target) && code == EXITS_DONE; k++) {
        t.first = t.last = target->first + k * target->step;
        code = show_await(c, &t, out);
    }
    return code;
}

static bool is_one(const struct targets *t)
{
    return t->n == 1 && (t->at[0].is_whole || target_n(&t->at[0]) == 1);
}

int cmd_show(struct cli *c)
{
    struct targets targets;
    struct output out;
    int code = targets_find_await(c, &targets);

    output_init(&out, c->output, is_one(&targets) ? &page_view : &list_view,
                NULL);
    for (size_t i = 0; i < targets.n && code == EXITS_DONE; i++)
        code = show_target_await(c, &targets.at[i], &out);
    if (code == EXITS_DONE)
        output_end(&out);
    output_fini(&out);
    targets_fini(&targets);
    return code;
}
