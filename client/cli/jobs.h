/* SPDX-License-Identifier: MIT */
/* jobs - what the coordinator knows of jobs: lists of copies, page by page. */
#ifndef JOBS_H
#define JOBS_H

#include "client/cli/cli.h"

/* Jobs that one LIST asks for. */
#define JOBS_PAGE 200

/* A copy of what the coordinator said about a job; owned by its list. */
struct listed_job {
    struct jobinfo info; /* what it borrows is in mem */
    void *mem;
};

struct jobs {
    struct listed_job **at;
    size_t n, cap;
};

void jobs_fini(struct jobs *jobs);
/* Add a copy. */
void jobs_add(struct jobs *jobs, const struct jobinfo *info);

/* One LIST, whose req is set here. *next: where to go on, 0: no more; NULL is
 * fine. Returns 0 or an exit code, as cli_request_await. Suspends. */
int jobs_list_await(struct cli *c, struct op *list, struct jobs *jobs,
                    uint64_t *next);
/* Add the job `id`, with spec and items if `full`. No such job: *found is false
 * and nothing is added. Suspends. */
int jobs_find_await(struct cli *c, uint64_t id, bool full, struct jobs *jobs,
                    bool *found);
/* All jobs, page by page: calls each(arg, jobs) for every page; it may await,
 * and ends the walk by an exit code other than 0. Suspends. */
int jobs_walk_await(struct cli *c,
                    int (*each)(void *arg, const struct jobs *jobs), void *arg);

/* "42", "42 \"sweep\"" */
void job_add_title(struct buf *out, const struct jobinfo *info);
/* Whether it runs and has reported progress. */
bool job_has_progress(const struct jobinfo *info);
/* It may only name its process. */
bool advance_says_something(const struct advance *a);
const char *job_kind_name(const struct jobinfo *info);

/* A walk through the elements of an array. The number of one is what people
 * call it by: that of the range they gave, of the first run for a retry, else
 * its place. In zeroed memory there is no job. */
struct job_items {
    const struct jobinfo *info;
    struct view rest; /* not looked at yet */
    uint32_t n;       /* looked at; the newest of them: */
    struct view item;
    int64_t number;
};

struct job_items job_items_of(const struct jobinfo *info);
/* The item of an element, in `text` when it is a number. Going back costs a
 * walk from the beginning. Empty for a job that is no array, and while it is
 * not known. */
#define JOB_ITEM_LEN 24
struct view job_items_at(struct job_items *items, uint32_t elem,
                         char text[JOB_ITEM_LEN]);
/* Whether its items are known. */
bool job_items_known(const struct job_items *items);
int64_t job_items_number(struct job_items *items, uint32_t elem);
/* Know numbers and items of the elements, as far as naming them needs it: the
 * items of very long lists are left out. Returns 0 or an exit code. Suspends.
 */
int job_load_items_await(struct cli *c, struct listed_job *job);

/* "42" or, for an element of an array, "42.7". elem 0: the whole. */
#define TASK_TEXT_LEN 48
const char *task_text(const struct jobinfo *info, uint32_t elem,
                      char text[TASK_TEXT_LEN]);
const char *task_text_at(struct job_items *items, uint32_t elem,
                         char text[TASK_TEXT_LEN]);
/* The same with the item, where that says more: "42.7 (b.png)". */
void task_add_title(struct buf *out, struct job_items *items, uint32_t elem);

#endif
