/* SPDX-License-Identifier: MIT */
#include "progress.h"

#include <inttypes.h>
#include <math.h>

#include "check.h"
#include "duration.h"
#include "utf8.h"

#define BAR_CELLS 20

void progress_init(struct progress *p, const char *title, int64_t now_ms)
{
    *p = (struct progress){ .started_ms = now_ms };
    utf8_add_safe(&p->title, view_str(title));
}

void progress_fini(struct progress *p)
{
    buf_fini(&p->title);
    buf_fini(&p->failure);
    buf_fini(&p->hint);
}

uint32_t progress_n_ended(const struct counts *c)
{
    return c->done + c->failed + c->cancelled + c->expired + c->lost;
}

static void drop_oldest(struct progress *p)
{
    p->n_samples--;
    memmove(p->samples, p->samples + 1, p->n_samples * sizeof p->samples[0]);
}

static void sample(struct progress *p, int64_t now_ms)
{
    struct progress_sample *last =
        p->n_samples > 0 ? &p->samples[p->n_samples - 1] : NULL;

    if (last != NULL && now_ms - last->at_ms < PROGRESS_SAMPLE_MS)
        return;
    if (p->n_samples == PROGRESS_SAMPLES)
        drop_oldest(p);
    p->samples[p->n_samples++] =
        (struct progress_sample){ now_ms, progress_n_ended(&p->counts) };
    /* One sample at or before the start of the window stays: it is the base. */
    while (p->n_samples > 2 &&
           p->samples[1].at_ms <= now_ms - PROGRESS_WINDOW_MS)
        drop_oldest(p);
}

void progress_note(struct progress *p, int64_t now_ms,
                   const struct counts *counts)
{
    p->counts = *counts;
    sample(p, now_ms);
}

void progress_note_failure(struct progress *p, uint64_t job, uint32_t elem,
                           struct view worker, struct view why)
{
    struct buf ref = { 0 };

    buf_addf(&ref, "%" PRIu64, job);
    if (elem > 0)
        buf_addf(&ref, ".%" PRIu32, elem);
    buf_clear(&p->failure);
    buf_clear(&p->hint);
    buf_addf(&p->failure, "%s", buf_text(&ref));
    if (worker.len > 0) {
        buf_addf(&p->failure, " on ");
        utf8_add_safe(&p->failure, worker);
    }
    buf_addf(&p->failure, ": ");
    utf8_add_safe(&p->failure, why);
    buf_addf(&p->hint, "yon logs %s --stderr", buf_text(&ref));
    buf_fini(&ref);
}

double progress_rate(const struct progress *p, int64_t now_ms)
{
    const struct progress_sample *first = &p->samples[0];

    if (p->n_samples < 2 || now_ms - first->at_ms < PROGRESS_SAMPLE_MS)
        return -1;
    return (progress_n_ended(&p->counts) - first->n_ended) * 1000.0 /
           (double)(now_ms - first->at_ms);
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

static void add_time(struct buf *out, const struct progress *p, int64_t now_ms,
                     double rate)
{
    uint32_t left = p->counts.n - progress_n_ended(&p->counts);

    if (left == 0) {
        buf_addf(out, "  took ");
        duration_add_words(out, now_ms - p->started_ms);
    } else if (rate > 0) {
        buf_addf(out, "  eta ");
        duration_add_words(out, (int64_t)(left / rate * 1000));
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

static void add_line(struct buf *out, const struct progress *p, int64_t now_ms,
                     int cells, bool utf8)
{
    uint32_t n_ended = progress_n_ended(&p->counts);
    double part = p->counts.n > 0 ? (double)n_ended / p->counts.n : 0;
    double rate = progress_rate(p, now_ms);

    buf_add_view(out, buf_view(&p->title));
    if (cells > 0) {
        buf_addf(out, "  ");
        progress_add_bar(out, part, cells, utf8);
    }
    buf_addf(out, "  ");
    duration_add_number(out, n_ended);
    buf_addf(out, "/");
    duration_add_number(out, p->counts.n);
    buf_addf(out, "  %d %%", (int)(part * 100));
    if (n_ended < p->counts.n)
        add_rate(out, rate);
    add_time(out, p, now_ms, rate);
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
    buf_addf(&line, "   (");
    buf_add_view(&line, buf_view(&p->hint));
    buf_addf(&line, ")");
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
