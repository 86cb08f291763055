/* SPDX-License-Identifier: MIT */
/* progress - the line that says how far a job is. */
#include "client/cli/progress.h"

#include <inttypes.h>
#include <math.h>

#include "client/cli/jobs.h"
#include "libcommon/check.h"
#include "libcommon/duration.h"
#include "libcommon/utf8.h"
#include "proto/counts.h"

#define BAR_CELLS 20

void progress_init(struct progress *p, const char *title)
{
    *p = (struct progress){ 0 };
    utf8_add_safe(&p->title, view_str(title));
}

void progress_fini(struct progress *p)
{
    buf_fini(&p->title);
    buf_fini(&p->failure);
    buf_fini(&p->failed);
    buf_fini(&p->doing);
}

void progress_note(struct progress *p, int64_t now_ms,
                   const struct counts *counts)
{
    p->counts = *counts;
    pace_note(&p->pace, now_ms, counts_ended(counts));
}

void progress_note_ended(struct progress *p, int64_t submitted_ms,
                         int64_t ended_ms)
{
    if (p->submitted_ms == 0 || submitted_ms < p->submitted_ms)
        p->submitted_ms = submitted_ms;
    if (ended_ms > p->ended_ms)
        p->ended_ms = ended_ms;
}

void progress_note_report(struct progress *p, int64_t now_ms,
                          const struct op_progress *report)
{
    if (report->done == 0 && report->total == 0 && report->doing.len == 0)
        return;
    p->has_report = true;
    p->total = report->total;
    buf_clear(&p->doing);
    utf8_add_safe(&p->doing, report->doing);
    pace_note(&p->report_pace, now_ms, report->done);
}

void progress_note_failure(struct progress *p, const struct jobinfo *info,
                           uint32_t elem, struct view worker, struct view why)
{
    struct job_items items = job_items_of(info);
    char id[TASK_TEXT_LEN];

    buf_clear(&p->failed);
    buf_addf(&p->failed, "%s", task_text_at(&items, elem, id));
    p->has_logs = info->kind == KIND_COMMAND && worker.len > 0;
    buf_clear(&p->failure);
    task_add_title(&p->failure, &items, elem);
    if (worker.len > 0) {
        buf_addf(&p->failure, " on ");
        utf8_add_safe(&p->failure, worker);
    }
    buf_addf(&p->failure, ": ");
    utf8_add_safe(&p->failure, why);
}

void progress_add_bar(struct buf *out, double part, int cells, bool utf8)
{
    static const char *const eighths[] = {
        "", "▏", "▎", "▍", "▌", "▋", "▊", "▉"
    };
    int n = (int)(part * cells * 8);

    for (int i = 0; i < cells; i++, n -= 8) {
        if (n >= 8)
            buf_addf(out, "%s", utf8 ? "█" : "#");
        else if (n > 0 && utf8)
            buf_addf(out, "%s", eighths[n]);
        else
            buf_addf(out, "%s", utf8 ? "░" : ".");
    }
}

static void add_rate(struct buf *out, double rate)
{
    if (rate >= 10)
        buf_addf(out, "  %.0f/s", rate);
    else if (rate >= 0.1)
        buf_addf(out, "  %.1f/s", rate);
    else if (rate > 0)
        buf_addf(out, "  %.1f/min", rate * 60);
}

/* The numbers of the line: elements, or the report of a single job. */
struct line {
    uint64_t done, total; /* total 0: nobody knows */
    const struct pace *pace;
};

static struct line line_of(const struct progress *p)
{
    uint32_t n_ended = counts_ended(&p->counts);

    if (p->has_report && p->counts.n == 1 && n_ended == 0)
        return (struct line){ p->report_pace.done, p->total, &p->report_pace };
    return (struct line){ n_ended, p->counts.n, &p->pace };
}

static void add_time(struct buf *out, const struct progress *p,
                     const struct line *l, int64_t now_ms)
{
    int64_t left_ms = pace_left_ms(l->pace, now_ms, l->total);

    if (counts_ended(&p->counts) == p->counts.n) {
        buf_addf(out, "  took ");
        duration_add_words(out, p->ended_ms - p->submitted_ms);
    } else if (left_ms >= 0 && l->total > 0) {
        buf_addf(out, "  eta ");
        duration_add_words(out, left_ms);
    }
}

static void add_counts(struct buf *out, const struct counts *c)
{
    const struct {
        const char *name;
        uint32_t n;
    } parts[] = {
        { "run", c->running },     { "retry", c->retrying },
        { "failed", c->failed },   { "cancelled", c->cancelled },
        { "expired", c->expired }, { "lost", c->lost },
    };
    const char *gap = "   ";

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].n == 0)
            continue;
        buf_addf(out, "%s%s ", gap, parts[i].name);
        duration_add_number(out, parts[i].n);
        gap = "  ";
    }
}

/* 0 to 1. */
static double part_of(uint64_t done, uint64_t total)
{
    if (total == 0)
        return 0;
    return done < total ? (double)done / (double)total : 1;
}

void progress_add_amount(struct buf *out, uint64_t done, uint64_t total)
{
    duration_add_number(out, done);
    if (total == 0)
        return;
    buf_addf(out, "/");
    duration_add_number(out, total);
    buf_addf(out, "  %d %%", (int)(part_of(done, total) * 100));
}

static void add_line(struct buf *out, const struct progress *p, int64_t now_ms,
                     int cells, bool utf8)
{
    struct line l = line_of(p);

    buf_add_view(out, buf_view(&p->title));
    if (cells > 0 && l.total > 0) {
        buf_addf(out, "  ");
        progress_add_bar(out, part_of(l.done, l.total), cells, utf8);
    }
    buf_addf(out, "  ");
    progress_add_amount(out, l.done, l.total);
    if (counts_ended(&p->counts) < p->counts.n)
        add_rate(out, pace_rate(l.pace, now_ms));
    add_time(out, p, &l, now_ms);
    if (l.pace == &p->report_pace && p->doing.len > 0) {
        buf_addf(out, "   ");
        buf_add_view(out, buf_view(&p->doing));
    }
    add_counts(out, &p->counts);
}

static void add_cut(struct buf *out, struct buf *line, size_t width)
{
    struct view text = buf_view(line);

    if (width > 0)
        text.len = utf8_cut(text, width);
    buf_add_view(out, text);
    buf_add(out, "\n", 1);
    buf_clear(line);
}

static void add_failure(struct buf *out, const struct progress *p, size_t width)
{
    struct buf line = { 0 };
    size_t indent = utf8_width(buf_view(&p->title)) + 2;

    buf_addf(&line, "%*slast failure ", (int)indent, "");
    buf_add_view(&line, buf_view(&p->failure));
    buf_addf(&line, p->has_logs ? "   (yon logs " : "   (yon show ");
    buf_add_view(&line, buf_view(&p->failed));
    buf_addf(&line, p->has_logs ? " --stderr)" : ")");
    add_cut(out, &line, width);
    buf_fini(&line);
}

void progress_add(const struct progress *p, int64_t now_ms,
                  struct progress_style style, struct buf *out)
{
    static const int cells[] = { BAR_CELLS, BAR_CELLS / 2, 0 };
    struct buf line = { 0 };

    for (size_t i = style.plain ? 2 : 0; i < ARRAY_LEN(cells); i++) {
        buf_clear(&line);
        add_line(&line, p, now_ms, cells[i], style.utf8);
        if (style.width == 0 || utf8_width(buf_view(&line)) <= style.width)
            break;
    }
    add_cut(out, &line, style.width);
    if (p->failure.len > 0)
        add_failure(out, p, style.width);
    buf_fini(&line);
}
