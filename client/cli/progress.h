/* SPDX-License-Identifier: MIT */
/* progress - the line that says how far a job is. Pure: counts, times and a
 * width in, text out.
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

#include "libcommon/pace.h"
#include "proto/op.h"

/* Owns its buffers; zeroed memory is an empty one. */
struct progress {
    struct buf title;   /* "42 sweep" */
    struct buf failure; /* "42.6114 on n07: exit 1", empty: none */
    struct buf failed;  /* "42.6114" */
    bool has_logs;      /* it may have output */
    struct counts counts;
    int64_t submitted_ms, ended_ms; /* the first, the last; 0: not known */
    struct pace pace;               /* of what has ended */
    bool has_report;                /* a single job reports progress: */
    uint64_t total;                 /* 0: not known */
    struct buf doing;
    struct pace report_pace;
};

struct progress_style {
    size_t width; /* columns; 0: no limit */
    bool utf8;
    bool plain; /* no bar: for logs */
};

void progress_init(struct progress *p, const char *title);
void progress_fini(struct progress *p);
/* New counts. */
void progress_note(struct progress *p, int64_t now_ms,
                   const struct counts *counts);
/* A job or element ended; by the coordinator's clock. */
void progress_note_ended(struct progress *p, int64_t submitted_ms,
                         int64_t ended_ms);
/* A single job reports its progress. */
void progress_note_report(struct progress *p, int64_t now_ms,
                          const struct op_progress *report);
/* The newest failure, of an element or a single job. `worker` is empty when
 * that never started. */
void progress_note_failure(struct progress *p, const struct jobinfo *info,
                           uint32_t elem, struct view worker, struct view why);

/* `part` (0 to 1) as a bar of cells. */
void progress_add_bar(struct buf *out, double part, int cells, bool utf8);
/* "7 412/10 000  74 %"; "7 412" when total is 0. */
void progress_add_amount(struct buf *out, uint64_t done, uint64_t total);
/* Add the line, and a second one about the last failure; each ends with \n. */
void progress_add(const struct progress *p, int64_t now_ms,
                  struct progress_style style, struct buf *out);

#endif
