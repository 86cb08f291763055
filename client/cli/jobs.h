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

/* "42" or, for an element of an array, "42.7". */
#define TASK_TEXT_LEN 40
const char *task_text(uint64_t job, bool array, uint32_t elem,
                      char text[TASK_TEXT_LEN]);
/* "42", "42 \"sweep\"" */
void job_add_title(struct buf *out, const struct jobinfo *info);
/* Whether it runs and has reported progress. */
bool job_has_progress(const struct jobinfo *info);
const char *job_kind_name(const struct jobinfo *info);

/* A walk through the items of an array, whose info is full. */
struct job_items {
    const struct jobinfo *info;
    struct view rest; /* not looked at yet */
    uint32_t n;       /* looked at */
};

struct job_items job_items_of(const struct jobinfo *info);
/* The item of an element; elements are asked for in rising order. Empty for a
 * job that is no array. */
struct view job_items_at(struct job_items *items, uint32_t elem, char text[24]);

#endif
