/* SPDX-License-Identifier: MIT */
/* jobpage - a job, or an element, as a page for people: yon show. */
#include "client/cli/jobpage.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "client/cli/jobdoc.h"
#include "client/cli/json.h"
#include "client/cli/policydoc.h"
#include "client/cli/progress.h"
#include "client/cli/text.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/utf8.h"
#include "proto/counts.h"
#include "proto/spec.h"

#define HEAD_LINES 5 /* shown of an output */
#define HEAD_COLUMNS 72
#define FAILURE_KINDS 3

/* ---- lines ---- */

void jobpage_add_field(struct buf *out, const char *name, struct view value)
{
    if (value.len == 0)
        return;
    buf_addf(out, "  %-10s ", name);
    utf8_add_safe(out, value);
    buf_addf(out, "\n");
}

static void add_text(struct buf *out, const char *name, struct buf *value)
{
    jobpage_add_field(out, name, buf_view(value));
    buf_fini(value);
}

static void add_time(struct buf *out, const char *name, int64_t at_ms,
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
    add_text(out, name, &text);
}

static void add_file(struct buf *out, const char *name, struct view file,
                     bool append)
{
    struct buf text = { 0 };

    if (file.len > 0)
        buf_addf(&text, append ? ">> " : "");
    buf_add_view(&text, file);
    add_text(out, name, &text);
}

static void add_stdin(struct buf *out, const struct command_spec *spec)
{
    struct buf text = { 0 };

    if (spec->ticket.len > 0) {
        buf_addf(&text, "that of yon run, as it was");
    } else if (spec->input.len > 0) {
        duration_add_number(&text, spec->input.len);
        buf_addf(&text,
                 spec->input.len == 1 ? " byte, stored" : " bytes, stored");
    } else {
        buf_addf(&text, "none");
    }
    add_text(out, "stdin", &text);
}

static void add_command(struct buf *out, const struct jobinfo *info)
{
    struct spec_arena arena = { 0 };
    struct command_spec spec;
    struct buf text = { 0 };

    if (command_spec_decode(&arena, info->spec, &spec, NULL) == ERR_NONE) {
        for (size_t i = 0; i < spec.argv.n; i++) {
            buf_addf(&text, i > 0 ? " " : "");
            text_add_shellword(&text, spec.argv.at[i]);
        }
        add_text(out, "command", &text);
        jobpage_add_field(out, "in", spec.cwd);
        add_file(out, "stdout to", spec.out_file, spec.append);
        add_file(out, "stderr to", spec.err_file, spec.append);
        add_stdin(out, &spec);
    }
    spec_arena_fini(&arena);
}

static void add_call(struct buf *out, const struct jobinfo *info)
{
    struct buf text = { 0 };
    json_t *args;

    jobpage_add_field(out, "function", info->fn);
    if (json_from_msgpack(info->spec, &args) != ERR_NONE)
        return;
    json_add(&text, args);
    add_text(out, "arguments", &text);
}

static void add_counts(struct buf *out, const struct jobinfo *info)
{
    const struct counts *n = &info->counts;
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

    if (!info->array)
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
    add_text(out, "jobs", &text);
    if (n->gaps > 0)
        buf_addf(&text, "output of %" PRIu32 " has gaps", n->gaps);
    add_text(out, "dropped", &text);
}

/* The rate is that since the start: this is the only look. */
static void add_progress(struct buf *out, const struct advance *a,
                         int64_t started_ms)
{
    double ran_ms = (double)((int64_t)time(NULL) * 1000 - started_ms);
    struct buf text = { 0 };

    if (!advance_says_something(a))
        return;
    progress_add_amount(&text, a->done, a->total);
    if (a->done > 0 && a->done < a->total && ran_ms > 0) {
        buf_addf(&text, "  eta ");
        duration_add_words(&text, (int64_t)(ran_ms / (double)a->done *
                                            (double)(a->total - a->done)));
    }
    buf_addf(&text, "%s", a->doing.len > 0 ? "   " : "");
    utf8_add_safe(&text, a->doing);
    add_text(out, "progress", &text);
}

void jobpage_add_head(struct buf *out, const struct jobinfo *info,
                      const char *id, unsigned state)
{
    struct buf policy = { 0 };

    buf_addf(out, "%s %s: %s\n", id, job_kind_name(info), state_name(state));
    jobpage_add_field(out, "name", info->jobname);
    if (info->kind == KIND_CALL)
        add_call(out, info);
    else
        add_command(out, info);
    policydoc_add(&policy, &info->policy);
    add_text(out, "policy", &policy);
}

static void add_failures(struct buf *out, const struct jobinfo *info,
                         const struct outcomes_failures *failures, bool utf8)
{
    bool is_told = info->elem_failed > 0;
    uint32_t elem = is_told ? info->elem_failed : failures->last_elem;
    struct buf kinds = { 0 }, last = { 0 };

    if (!info->array)
        return;
    text_tally_add(&failures->kinds, FAILURE_KINDS, utf8, &kinds);
    add_text(out, "failures", &kinds);
    if (elem > 0) {
        struct job_items items = job_items_of(info);

        task_add_title(&last, &items, elem);
        buf_addf(&last, ": ");
        buf_add_view(&last, is_told ? info->failed_why
                                    : buf_view(&failures->last_why));
    }
    add_text(out, "last one", &last);
}

void jobpage_add_whole(struct buf *out, const struct jobinfo *info,
                       const struct outcomes_failures *failures, bool utf8)
{
    add_counts(out, info);
    add_failures(out, info, failures, utf8);
    add_time(out, "submitted", info->submitted_ms, 0, "");
    add_time(out, "started", info->started_ms, info->submitted_ms, "waited");
    add_time(out, "ended", info->ended_ms, info->started_ms, "took");
    add_progress(out,
                 &(struct advance){ .done = info->done,
                                    .total = info->total,
                                    .doing = info->doing },
                 info->started_ms);
    jobpage_add_field(out, "note", info->note);
}

/* ---- how it ended ---- */

/* The first lines of what was printed. */
void jobpage_add_lines(struct buf *out, const char *name, struct view text)
{
    for (int i = 0; i < HEAD_LINES && text.len > 0; i++) {
        const uint8_t *end = memchr(text.data, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.data) : text.len;
        struct view line = { text.data, len };

        line.len = utf8_cut(line, HEAD_COLUMNS);
        jobpage_add_field(out, i == 0 ? name : "",
                          line.len > 0 ? line : view_str(" "));
        len += end != NULL;
        text = (struct view){ text.data + len, text.len - len };
    }
    if (text.len > 0)
        jobpage_add_field(out, "", view_str("..."));
}

static void add_exit(struct buf *out, const struct jobinfo *info,
                     const struct outcome *o)
{
    struct buf text = { 0 };

    if (info->kind != KIND_COMMAND)
        return;
    if (o->signal > 0)
        buf_addf(&text, "signal %" PRId64, o->signal);
    else if (outcome_has_exit(o))
        buf_addf(&text, "%" PRId64, o->code);
    add_text(out, "exit code", &text);
}

static void add_value(struct buf *out, const struct jobinfo *info,
                      const struct outcome *o)
{
    struct buf text = { 0 };

    if (info->kind != KIND_CALL || o->state != STATE_DONE)
        return;
    json_add(&text, jobdoc_value(o));
    text.len = utf8_cut(buf_view(&text), HEAD_COLUMNS * HEAD_LINES);
    add_text(out, "result", &text);
}

static void add_hold(struct buf *out, const struct outcome *o)
{
    struct buf text = { 0 };

    if (o->held_ms > 0) {
        buf_addf(&text, "%" PRIu32 " ms at ", o->held_ms);
        buf_add_view(&text, o->held_where);
    }
    add_text(out, "held the loop", &text);
}

static void add_ended_by(struct buf *out, const struct outcome *o)
{
    static const char *const texts[] = {
        [ENDED_BY_ASKING] = "being asked to",
        [ENDED_BY_KILL] = "being killed: it went on when it was asked to end",
    };

    if (o->ended_by != ENDED_BY_ITSELF && o->ended_by < ARRAY_LEN(texts))
        jobpage_add_field(out, "ended by", view_str(texts[o->ended_by]));
}

static void add_dropped(struct buf *out, const struct outcome *o)
{
    struct buf text = { 0 };

    outcome_add_dropped(&text, o);
    add_text(out, "dropped", &text);
    if (o->dropped > 0)
        jobpage_add_field(out, "",
                          view_str("all of it: --output-limit SIZE or --stdout "
                                   "FILE of yon submit"));
}

static void add_attempt(struct buf *out, const struct outcome *o)
{
    struct buf attempt = { 0 };

    if (o->attempt > 0)
        buf_addf(&attempt, "%" PRIu64 ".%" PRIu64, o->epoch, o->attempt);
    add_text(out, "attempt", &attempt);
}

static void add_process(struct buf *out, const struct advance *a)
{
    struct buf text = { 0 };

    if (a->pid > 0)
        buf_addf(&text, "%" PRIu32, a->pid);
    add_text(out, "process", &text);
}

void jobpage_add_now(struct buf *out, const struct jobinfo *info,
                     const struct outcomes_now *now)
{
    const struct outcome *o = now->outcome;

    jobpage_add_field(out, "worker", o->worker);
    jobpage_add_field(out, "host", now->host);
    if (now->advance != NULL)
        add_process(out, now->advance);
    add_attempt(out, o);
    add_time(out, "submitted", info->submitted_ms, 0, "");
    add_time(out, "started", o->started_ms, info->submitted_ms, "waited");
    if (now->advance != NULL)
        add_progress(out, now->advance, o->started_ms);
    jobpage_add_field(out, "note", o->message);
}

void jobpage_add_outcome(struct buf *out, const struct jobinfo *info,
                         const struct outcome *o)
{
    struct body body = outcome_body(o);

    jobpage_add_field(out, "worker", o->worker);
    add_attempt(out, o);
    add_time(out, "submitted", info->submitted_ms, 0, "");
    add_time(out, "started", o->started_ms, info->submitted_ms, "waited");
    add_time(out, "ended", o->ended_ms, o->started_ms, "took");
    add_hold(out, o);
    add_exit(out, info, o);
    jobpage_add_field(out, "reason", o->reason);
    jobpage_add_field(out, "message", o->message);
    add_ended_by(out, o);
    add_dropped(out, o);
    add_value(out, info, o);
    jobpage_add_lines(out, info->kind == KIND_CALL ? "printed" : "stdout",
                      body.out);
    jobpage_add_lines(out, "stderr", body.err);
}

void jobpage_add_attempt(struct buf *out, const struct outcome *o)
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

void jobpage_add_next(struct buf *out, const struct jobpage_next *next)
{
    const char *id = next->id;

    if (!next->is_ended)
        buf_addf(out, "  next:      yon wait %s -p    yon cancel %s\n", id, id);
    else if (next->is_array)
        buf_addf(out, "  next:      yon result %s --each\n", id);
    else if (next->has_logs)
        buf_addf(out, "  next:      yon result %s    yon logs %s\n", id, id);
    else
        buf_addf(out, "  next:      yon result %s\n", id);
}
