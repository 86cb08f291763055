/* SPDX-License-Identifier: MIT */
/* jobs - what the coordinator knows of jobs: lists of copies, page by page. */
#include "client/cli/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/own.h"
#include "proto/spec.h"

/* ---- copies ---- */

static struct listed_job *job_copy(const struct jobinfo *info)
{
    struct listed_job *j = xcalloc(1, sizeof *j);

    j->info = *info;
    j->mem = xcalloc(1, jobinfo_borrowed_len(info));
    jobinfo_own(&j->info, j->mem);
    return j;
}

void jobs_fini(struct jobs *jobs)
{
    for (size_t i = 0; i < jobs->n; i++) {
        free(jobs->at[i]->mem);
        free(jobs->at[i]);
    }
    free(jobs->at);
    *jobs = (struct jobs){ 0 };
}

void jobs_add(struct jobs *jobs, const struct jobinfo *info)
{
    jobs->at = vec_grow(jobs->at, &jobs->cap, jobs->n + 1, sizeof *jobs->at);
    jobs->at[jobs->n++] = job_copy(info);
}

/* ---- lists ---- */

struct job_listing {
    struct jobs *jobs;
    uint64_t next;
};

static void on_jobs(void *arg, const struct op *op, bool last)
{
    struct job_listing *l = arg;

    (void)last;
    if (op->type != OP_LIST_REPLY)
        return;
    for (size_t i = 0; i < op->u.list_reply.jobs.n; i++)
        jobs_add(l->jobs, &op->u.list_reply.jobs.at[i]);
    l->next = op->u.list_reply.next;
}

int jobs_list_await(struct cli *c, struct op *list, struct jobs *jobs,
                    uint64_t *next)
{
    struct job_listing l = { .jobs = jobs };
    int code = cli_request_await(c, list, on_jobs, &l);

    if (next != NULL)
        *next = l.next;
    return code;
}

int jobs_find_await(struct cli *c, uint64_t id, bool full, struct jobs *jobs,
                    bool *found)
{
    struct op op = { .type = OP_LIST };
    size_t before = jobs->n;
    int code;

    op.u.list.what = LIST_ID;
    op.u.list.id = id;
    op.u.list.limit = 1;
    op.u.list.full = full;
    code = jobs_list_await(c, &op, jobs, NULL);
    *found = jobs->n > before;
    return code;
}

int jobs_walk_await(struct cli *c,
                    int (*each)(void *arg, const struct jobs *jobs), void *arg)
{
    uint64_t before = 0;
    int code;

    do {
        struct op op = { .type = OP_LIST };
        struct jobs page = { 0 };

        op.u.list.what = LIST_ALL;
        op.u.list.before = before;
        op.u.list.limit = JOBS_PAGE;
        code = jobs_list_await(c, &op, &page, &before);
        if (code == EXITS_DONE)
            code = each(arg, &page);
        jobs_fini(&page);
    } while (code == EXITS_DONE && before != 0);
    return code;
}

/* ---- texts ---- */

const char *task_text(uint64_t job, bool array, uint32_t elem,
                      char text[TASK_TEXT_LEN])
{
    if (array && elem > 0)
        snprintf(text, TASK_TEXT_LEN, "%" PRIu64 ".%" PRIu32, job, elem);
    else
        snprintf(text, TASK_TEXT_LEN, "%" PRIu64, job);
    return text;
}

void job_add_title(struct buf *out, const struct jobinfo *info)
{
    buf_addf(out, "%" PRIu64, info->job);
    if (info->jobname.len > 0) {
        buf_addf(out, " \"");
        buf_add_view(out, info->jobname);
        buf_addf(out, "\"");
    }
}

bool job_has_progress(const struct jobinfo *info)
{
    return info->done > 0 || info->total > 0 || info->doing.len > 0;
}

const char *job_kind_name(const struct jobinfo *info)
{
    return info->kind == KIND_CALL ? "call" : "command";
}

struct job_items job_items_of(const struct jobinfo *info)
{
    return (struct job_items){ .info = info, .rest = info->items };
}

struct view job_items_at(struct job_items *items, uint32_t elem, char text[24])
{
    const struct jobinfo *info = items->info;
    struct view item = { 0 };

    if (!info->array)
        return item;
    if (info->items.len == 0)
        return view_of(text, range_text(info->first, info->step, elem, text));
    ASSERT(elem > items->n);
    for (; items->n < elem; items->n++)
        item = items_take(&items->rest);
    return item;
}
