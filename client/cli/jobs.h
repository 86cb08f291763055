/* SPDX-License-Identifier: MIT */
/* jobs - asking the coordinator for jobs, and which of them a selector means.
 */
#ifndef JOBS_H
#define JOBS_H

#include "client/cli/cli.h"
#include "client/cli/selector.h"

/* Our copy of what the coordinator said about a job; owned by its list. */
struct listed_job {
    struct jobinfo info; /* what it borrows is in mem */
    void *mem;
};

struct jobs {
    struct listed_job **at;
    size_t n, cap;
};

void jobs_fini(struct jobs *jobs);

/* One LIST (its fields but req). *next: where to go on, 0: no more; NULL is
 * fine. Returns 0 or an exit code, as cli_ask_await. Suspends. */
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

/* What a selector stands for: a job, or some of its elements. */
struct target {
    const struct listed_job *job;
    bool is_whole;
    uint32_t first, last, step; /* elements, when not the whole */
};

struct targets {
    struct jobs jobs; /* those that the targets point to */
    struct target *at;
    size_t n, cap;
};

/* Find what the arguments of the command select. Something that is named by its
 * number and does not exist: EXITS_ABSENT; nothing at all: EXITS_NOTHING; both
 * are told. Free with targets_fini also after an error. Suspends. */
int targets_find_await(struct cli *c, struct targets *targets);
/* The same for one job. */
int targets_of_job_await(struct cli *c, uint64_t id, struct targets *targets);
void targets_fini(struct targets *targets);
uint32_t target_n(const struct target *t); /* elements selected */

/* "42" or, for an element of an array, "42.7". */
#define REF_TEXT_LEN 40
const char *task_text(uint64_t job, bool array, uint32_t elem,
                      char text[REF_TEXT_LEN]);
/* "42", "42 \"sweep\"" */
void job_add_title(struct buf *out, const struct jobinfo *info);
/* Whether it runs and has told how far it is. */
bool job_has_said(const struct jobinfo *info);
const char *job_kind_name(const struct jobinfo *info);
/* Walks through the items of an array, whose info is full. */
struct job_items {
    const struct jobinfo *info;
    struct view rest; /* not looked at yet */
    uint32_t n;       /* looked at */
};

struct job_items job_items_of(const struct jobinfo *info);
/* The item of an element; the next one asked for must stand behind it. Empty
 * for what is no array. */
struct view job_items_at(struct job_items *items, uint32_t elem, char text[24]);

#endif
