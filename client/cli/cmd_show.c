/* SPDX-License-Identifier: MIT */
/* yon show: all details of a job on one page. */
#include "client/cli/cmd.h"
#include "client/cli/jobdoc.h"
#include "client/cli/jobpage.h"
#include "client/cli/json.h"
#include "client/cli/lastlines.h"
#include "client/cli/stored_output.h"
#include "libcommon/check.h"

struct job_page {
    struct cli *c;
    const struct jobinfo *info;
    const struct target *target;
    struct buf text, before; /* the page, and its part about attempts before */
    json_t *doc;
    json_t *attempts; /* those before */
    bool has_outcome; /* it has ended, */
    bool has_now;     /* or not */
    bool is_running;
    char id[TASK_TEXT_LEN]; /* of the job or the element that it shows */
    enum state state;       /* of the same */
    bool is_array;          /* it is all of an array */
};

static void on_outcome(void *arg, const struct outcome *o)
{
    struct job_page *p = arg;
    struct job_items items = job_items_of(p->info);
    char text[JOB_ITEM_LEN];
    struct view item = job_items_at(&items, o->elem, text);
    struct body body = outcome_body(o);
    struct whole_body whole = { 0 };

    p->has_outcome = true;
    p->state = o->state;
    task_text_at(&items, o->elem, p->id);
    jobpage_add_head(&p->text, p->info, p->id, p->state);
    jobpage_add_field(&p->text, "item", item);
    jobpage_add_outcome(&p->text, p->info, o);
    p->doc = jobdoc_new(&items, o);
    jobdoc_add_spec(p->doc, p->info);
    if (p->c->output->is_json)
        whole_body_read_await(p->c, o->id, &body, &whole);
    jobdoc_add_result(p->info, o, p->c->output->is_json ? &whole.body : &body,
                      p->doc);
    whole_body_fini(&whole);
}

/* ---- attempts before, and the one that runs ---- */

static void on_attempt(void *arg, const struct outcome *o)
{
    struct job_page *p = arg;

    jobpage_add_attempt(&p->before, o);
    json_array_append_new(p->attempts, jobdoc_of_attempt(o));
}

/* It has not ended. */
static void on_now(void *arg, const struct outcomes_now *now)
{
    const struct outcome *o = now->outcome;
    struct job_page *p = arg;
    struct job_items items = job_items_of(p->info);
    char text[JOB_ITEM_LEN];
    struct view item = job_items_at(&items, o->elem, text);

    if (p->has_outcome)
        return;
    p->has_now = true;
    p->is_running = o->state == STATE_RUNNING;
    p->state = o->state;
    task_text_at(&items, o->elem, p->id);
    jobpage_add_head(&p->text, p->info, p->id, p->state);
    jobpage_add_field(&p->text, "item", item);
    jobpage_add_now(&p->text, p->info, now);
    p->doc = jobdoc_new(&items, o);
    jobdoc_add_now(p->doc, now);
    jobdoc_add_spec(p->doc, p->info);
}

static int find_attempts_await(struct job_page *p, uint32_t elem)
{
    return outcomes_attempts_await(p->c, p->info->job, elem, on_attempt, on_now,
                                   p);
}

/* What a running command or call has written last. */
static int add_output_await(struct job_page *p, uint32_t elem)
{
    static const struct {
        const char *name;
        enum stream stream;
        enum job_kind of;
    } streams[] = { { "stdout", STREAM_OUT, KIND_COMMAND },
                    { "stderr", STREAM_ERR, KIND_COMMAND },
                    { "printed", STREAM_OUT, KIND_CALL } };
    json_t *doc;

    if (!p->is_running)
        return EXITS_DONE;
    doc = json_object();
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        struct buf lines = { 0 };

        if (streams[i].of != p->info->kind)
            continue;

        lastlines_await(p->c,
                        (struct lastlines_of){ .job = p->info->job,
                                               .elem = elem,
                                               .stream = streams[i].stream },
                        &lines);
        jobpage_add_lines(&p->text, streams[i].name, buf_view(&lines));
        json_object_set_new(doc, streams[i].name, json_bytes(buf_view(&lines)));
        buf_fini(&lines);
    }
    json_object_set_new(p->doc, "last_lines", doc);
    return EXITS_DONE;
}

/* ---- pages ---- */

static int add_whole_await(struct job_page *p)
{
    const struct jobinfo *info = p->info;
    struct job_items items = job_items_of(info);
    struct outcomes_failures failures = { 0 };
    int code = EXITS_DONE;

    if (info->array)
        code = outcomes_failures_await(p->c, p->target->job, &failures);
    p->state = info->state;
    p->is_array = info->array;
    task_text(info, 0, p->id);
    jobpage_add_head(&p->text, info, p->id, p->state);
    jobpage_add_whole(&p->text, info, &failures, p->c->utf8);
    p->doc = jobdoc_new(&items, NULL);
    jobdoc_add_failures(p->doc, info, &failures);
    jobdoc_add_spec(p->doc, info);
    outcomes_failures_fini(&failures);
    return code;
}

static int find_outcome_await(struct job_page *p)
{
    struct outcomes_query query = {
        .target = p->target, .bodies = true, .each = on_outcome, .arg = p
    };

    return outcomes_await(p->c, &query);
}

/* It may end while it is looked for among those that have, and those that have
 * not. */
static int add_element_await(struct job_page *p, uint32_t elem)
{
    int code = find_outcome_await(p);

    if (code == EXITS_DONE)
        code = find_attempts_await(p, elem);
    if (code == EXITS_DONE && !p->has_outcome && !p->has_now)
        code = find_outcome_await(p);
    if (code == EXITS_DONE && p->doc != NULL)
        code = add_output_await(p, elem);
    buf_add_view(&p->text, buf_view(&p->before));
    if (p->doc != NULL)
        json_object_set(p->doc, "attempts", p->attempts);
    return code;
}

static int page_fill_await(struct job_page *p, const struct target *t)
{
    int code = EXITS_DONE;

    if (!t->is_whole || !p->info->array)
        code = add_element_await(p, t->is_whole ? 1 : t->first);
    /* Also of a job whose outcome is lost: what is known of it. */
    return code == EXITS_DONE && p->doc == NULL ? add_whole_await(p) : code;
}

static void page_text(void *arg, const void *thing, struct buf *out)
{
    const struct job_page *p = thing;

    (void)arg;
    buf_add_view(out, buf_view(&p->text));
    jobpage_add_next(out, &(struct jobpage_next){
                              .id = p->id,
                              .is_ended = state_is_terminal(p->state),
                              .is_array = p->is_array,
                              .has_logs = p->info->kind != KIND_CALL,
                          });
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
    struct job_page p = { .c = c, .target = t, .attempts = json_array() };
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
    json_decref(p.attempts);
    buf_fini(&p.text);
    buf_fini(&p.before);
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
