/* SPDX-License-Identifier: MIT */
/* jobs - what the coordinator knows of jobs: lists of copies, page by page. */
#include "client/cli/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "libcommon/utf8.h"
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

void job_add_title(struct buf *out, const struct jobinfo *info)
{
    buf_addf(out, "%" PRIu64, info->job);
    if (info->jobname.len > 0) {
        buf_addf(out, " \"");
        buf_add_view(out, info->jobname);
        buf_addf(out, "\"");
    }
}

bool advance_says_something(const struct advance *a)
{
    return a->done > 0 || a->total > 0 || a->doing.len > 0;
}

bool job_has_progress(const struct jobinfo *info)
{
    return info->done > 0 || info->total > 0 || info->doing.len > 0;
}

const char *job_kind_name(const struct jobinfo *info)
{
    return info->kind == KIND_CALL ? "call" : "command";
}

/* ---- elements ---- */

/* Items of longer lists are not fetched for the sake of a name. */
#define NAMED_MAX 100000
#define TITLE_COLUMNS 60

static bool is_range(const struct jobinfo *info)
{
    return info->array && info->step != 0;
}

/* Each item has its number before it. */
static bool is_numbered(const struct jobinfo *info)
{
    return info->array && info->step == 0 && info->first != 0;
}

struct job_items job_items_of(const struct jobinfo *info)
{
    return (struct job_items){ .info = info, .rest = info->items };
}

bool job_items_known(const struct job_items *items)
{
    return is_range(items->info) ||
           (items->info->array && items->info->items.len > 0);
}

static void seek(struct job_items *items, uint32_t elem)
{
    if (elem < items->n)
        *items = job_items_of(items->info);
    for (; items->n < elem && items->rest.len > 0; items->n++) {
        items->number = items->n + INT64_C(1);
        items->item = items_take_numbered(&items->rest, &items->number);
    }
}

struct view job_items_at(struct job_items *items, uint32_t elem,
                         char text[JOB_ITEM_LEN])
{
    const struct jobinfo *info = items->info;

    if (!job_items_known(items))
        return (struct view){ 0 };
    if (is_range(info))
        return view_of(text, range_text(info->first, info->step, elem, text));
    seek(items, elem);
    return items->item;
}

int64_t job_items_number(struct job_items *items, uint32_t elem)
{
    const struct jobinfo *info = items->info;

    if (is_range(info))
        return range_number(info->first, info->step, elem);
    if (!is_numbered(info) || info->items.len == 0)
        return elem;
    seek(items, elem);
    return items->number;
}

int job_load_items_await(struct cli *c, struct listed_job *job)
{
    const struct jobinfo *info = &job->info;
    struct jobs full = { 0 };
    bool found = false;
    int code;

    if (!info->array || is_range(info) || info->items.len > 0 ||
        (info->counts.n > NAMED_MAX && !is_numbered(info)))
        return EXITS_DONE;
    code = jobs_find_await(c, info->job, true, &full, &found);
    if (code == EXITS_DONE && found) {
        struct listed_job known = *full.at[0];

        *full.at[0] = *job; /* freed with `full` */
        *job = known;
    }
    jobs_fini(&full);
    return code;
}

const char *task_text_at(struct job_items *items, uint32_t elem,
                         char text[TASK_TEXT_LEN])
{
    uint64_t job = items->info->job;

    if (items->info->array && elem > 0)
        snprintf(text, TASK_TEXT_LEN, "%" PRIu64 ".%" PRId64, job,
                 job_items_number(items, elem));
    else
        snprintf(text, TASK_TEXT_LEN, "%" PRIu64, job);
    return text;
}

const char *task_text(const struct jobinfo *info, uint32_t elem,
                      char text[TASK_TEXT_LEN])
{
    struct job_items items = job_items_of(info);

    return task_text_at(&items, elem, text);
}

void task_add_title(struct buf *out, struct job_items *items, uint32_t elem)
{
    char id[TASK_TEXT_LEN], text[JOB_ITEM_LEN];
    struct view item = { 0 };
    size_t len;

    buf_addf(out, "%s", task_text_at(items, elem, id));
    if (elem > 0 && !is_range(items->info))
        item = job_items_at(items, elem, text);
    if (item.len == 0)
        return;
    len = utf8_cut(item, TITLE_COLUMNS);
    buf_addf(out, " (");
    utf8_add_safe(out, view_of(item.data, len));
    buf_addf(out, len < item.len ? "...)" : ")");
}
