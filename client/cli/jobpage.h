/* SPDX-License-Identifier: MIT */
/* jobpage - a job, or an element, as a page for people: yon show.
 *
 * The same for programs is jobdoc.h.
 */
#ifndef JOBPAGE_H
#define JOBPAGE_H

#include "client/cli/outcomes.h"

/* A line "  name       value"; none for an empty value. */
void jobpage_add_field(struct buf *out, const char *name, struct view value);

/* The head: what it is, and what it runs. `id`: "42", "42.7". */
void jobpage_add_head(struct buf *out, const struct jobinfo *info,
                      const char *id, unsigned state);
/* A job as a whole: counts, failures, times, progress. */
void jobpage_add_whole(struct buf *out, const struct jobinfo *info,
                       const struct outcomes_failures *failures, bool utf8);
/* The end of a job or an element. */
void jobpage_add_outcome(struct buf *out, const struct jobinfo *info,
                         const struct outcome *o);
/* Where an element stands that has not ended. */
void jobpage_add_now(struct buf *out, const struct jobinfo *info,
                     const struct outcomes_now *now);
/* The first lines of `text`, under a name. */
void jobpage_add_lines(struct buf *out, const char *name, struct view text);
/* A line for an attempt before the last. */
void jobpage_add_attempt(struct buf *out, const struct outcome *o);
/* What to type next, about the job or the element that the page shows. */
struct jobpage_next {
    const char *id;
    bool is_ended;
    bool is_array; /* all of one */
    bool has_logs;
};
void jobpage_add_next(struct buf *out, const struct jobpage_next *next);

#endif
