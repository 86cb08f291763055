/* SPDX-License-Identifier: MIT */
/* jobs - jobs of the coordinator, and which of them a selector means. */
#include "client/cli/jobs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/own.h"
#include "proto/spec.h"

#define PAGE 200

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

/* Copies of what an answer to a LIST says. */
static void add_all(struct jobs *jobs, const struct jobinfos *infos)
{
    if (infos->n == 0)
        return;
    jobs->at =
        vec_grow(jobs->at, &jobs->cap, jobs->n + infos->n, sizeof *jobs->at);
    for (size_t i = 0; i < infos->n; i++)
        jobs->at[jobs->n++] = job_copy(&infos->at[i]);
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
    add_all(l->jobs, &op->u.list_reply.jobs);
    l->next = op->u.list_reply.next;
}

int jobs_list_await(struct cli *c, struct op *list, struct jobs *jobs,
                    uint64_t *next)
{
    struct job_listing l = { .jobs = jobs };
    int code = cli_ask_await(c, list, on_jobs, &l);

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
        op.u.list.limit = PAGE;
        code = jobs_list_await(c, &op, &page, &before);
        if (code == EXITS_DONE)
            code = each(arg, &page);
        jobs_fini(&page);
    } while (code == EXITS_DONE && before != 0);
    return code;
}

/* ---- selecting ---- */

struct finding {
    struct cli *c;
    struct targets *out;
};

static void add_target(struct targets *t, struct target target)
{
    ASSERT(target.job != NULL);
    ASSERT_IF(!target.is_whole, target.first >= 1 &&
                                    target.first <= target.last &&
                                    target.step >= 1 && target.job->info.array);
    t->at = vec_grow(t->at, &t->cap, t->n + 1, sizeof *t->at);
    t->at[t->n++] = target;
}

/* Jobs from `first_new` on were just found: take all of each. */
static void add_whole(struct targets *t, size_t first_new)
{
    for (size_t i = first_new; i < t->jobs.n; i++)
        add_target(t,
                   (struct target){ .job = t->jobs.at[i], .is_whole = true });
}

static int fail_absent(struct cli *c, uint64_t job, uint32_t elem,
                       const char *why)
{
    char text[REF_TEXT_LEN];
    struct fault fault = { EXITS_ABSENT, ERR_ABSENT, "see: yon ls" };

    return cli_fail(c, fault, "no job %s%s",
                    task_text(job, elem > 0, elem, text), why);
}

/* The newest job; *found is false when there is none. */
static int jobs_last_await(struct cli *c, struct jobs *jobs, bool *found)
{
    struct op op = { .type = OP_LIST };
    size_t before = jobs->n;
    int code;

    op.u.list.what = LIST_LAST;
    op.u.list.limit = 1;
    code = jobs_list_await(c, &op, jobs, NULL);
    *found = jobs->n > before;
    return code;
}

static int find_elements_await(struct finding *f, const struct selector_part *p)
{
    struct jobs *jobs = &f->out->jobs;
    const struct jobinfo *info;
    bool found = false;
    int code = p->job != 0 ? jobs_find_await(f->c, p->job, false, jobs, &found)
                           : jobs_last_await(f->c, jobs, &found);

    if (code != EXITS_DONE || (!found && p->job == 0))
        return code;
    if (!found)
        return fail_absent(f->c, p->job, 0, "");
    info = &jobs->at[jobs->n - 1]->info;
    if (!info->array)
        return fail_absent(f->c, info->job, (uint32_t)p->first,
                           ": it is not an array");
    if (p->first > info->counts.n)
        return fail_absent(f->c, info->job, (uint32_t)p->first, "");
    add_target(f->out,
               (struct target){
                   .job = jobs->at[jobs->n - 1],
                   .first = (uint32_t)p->first,
                   .last = p->last < info->counts.n ? (uint32_t)p->last
                                                    : info->counts.n,
                   .step = p->step <= ELEM_MAX ? (uint32_t)p->step : ELEM_MAX,
               });
    return EXITS_DONE;
}

static int find_one_await(struct finding *f, uint64_t id)
{
    size_t before = f->out->jobs.n;
    bool found;
    int code = jobs_find_await(f->c, id, false, &f->out->jobs, &found);

    if (code != EXITS_DONE)
        return code;
    if (!found)
        return fail_absent(f->c, id, 0, "");
    add_whole(f->out, before);
    return EXITS_DONE;
}

static void reverse_from(struct targets *t, size_t first)
{
    for (size_t i = first, k = t->n; i + 1 < k; i++) {
        struct target target = t->at[--k];

        t->at[k] = t->at[i];
        t->at[i] = target;
    }
}

/* A range of ids may have gaps: it is walked downwards in pages, and taken
 * upwards, as it was written. */
static int find_range_await(struct finding *f, const struct selector_part *p)
{
    uint64_t before = p->last + 1;
    size_t first = f->out->n;

    while (before > p->first) {
        struct op op = { .type = OP_LIST };
        struct jobs page = { 0 };
        int code;

        op.u.list.what = LIST_ALL;
        op.u.list.before = before;
        op.u.list.limit = PAGE;
        code = jobs_list_await(f->c, &op, &page, &before);
        for (size_t i = 0; i < page.n && code == EXITS_DONE; i++) {
            const struct jobinfo *info = &page.at[i]->info;
            size_t n = f->out->jobs.n;

            if (info->job < p->first || (info->job - p->first) % p->step != 0)
                continue;
            add_all(&f->out->jobs, &(struct jobinfos){ info, 1 });
            add_whole(f->out, n);
        }
        jobs_fini(&page);
        if (code != EXITS_DONE)
            return code;
    }
    reverse_from(f->out, first);
    return EXITS_DONE;
}

/* The newest `limit` jobs of a list, page by page. */
static int find_listed_await(struct finding *f, uint8_t what, uint32_t limit,
                             struct view name)
{
    struct jobs *jobs = &f->out->jobs;
    size_t first = jobs->n;
    uint64_t before = 0;
    int code;

    do {
        struct op op = { .type = OP_LIST };

        op.u.list.what = what;
        op.u.list.before = before;
        op.u.list.limit = limit - (uint32_t)(jobs->n - first);
        op.u.list.jobname = name;
        code = jobs_list_await(f->c, &op, jobs, &before);
    } while (code == EXITS_DONE && before != 0 && jobs->n - first < limit);
    add_whole(f->out, first);
    return code;
}

static int find_part_await(struct finding *f, const struct selector_part *p)
{
    switch (p->what) {
    case SELECT_ELEMENTS:
        return find_elements_await(f, p);
    case SELECT_LAST:
        return find_listed_await(f, LIST_ALL, p->n, (struct view){ 0 });
    case SELECT_NAME:
        return find_listed_await(f, LIST_NAME, UINT32_MAX, p->name);
    case SELECT_ALL:
        return find_listed_await(f, LIST_ALL, UINT32_MAX, (struct view){ 0 });
    default:
        return p->first == p->last ? find_one_await(f, p->first)
                                   : find_range_await(f, p);
    }
}

int targets_find_await(struct cli *c, struct targets *targets)
{
    struct finding f = { c, targets };
    struct options *o = &c->options;
    struct selector s = { 0 };
    char errmsg[ERRMSG_LEN];
    int code = EXITS_DONE;

    *targets = (struct targets){ 0 };
    if (o->n_args == 0)
        return cli_usage(c, "which jobs? For example: 42, 42.7, last, all");
    if (selector_parse(o->args, o->n_args, &s, errmsg) != ERR_NONE)
        code = cli_usage(c, "%s", errmsg);
    if (code == EXITS_DONE)
        code = cli_connect(c);
    for (size_t i = 0; i < s.n && code == EXITS_DONE; i++)
        code = find_part_await(&f, &s.at[i]);
    if (code == EXITS_DONE && targets->n == 0)
        code = cli_fail(
            c, (struct fault){ EXITS_NOTHING, ERR_ABSENT, "see: yon ls --all" },
            "no job matches");
    selector_fini(&s);
    return code;
}

int targets_of_job_await(struct cli *c, uint64_t id, struct targets *targets)
{
    struct finding f = { c, targets };

    *targets = (struct targets){ 0 };
    return find_one_await(&f, id);
}

void targets_fini(struct targets *targets)
{
    jobs_fini(&targets->jobs);
    free(targets->at);
    *targets = (struct targets){ 0 };
}

uint32_t target_n(const struct target *t)
{
    ASSERT_IF(!t->is_whole, t->step > 0 && t->first <= t->last);
    if (t->is_whole)
        return t->job->info.array ? t->job->info.counts.n : 1;
    return (t->last - t->first) / t->step + 1;
}

/* ---- texts ---- */

const char *task_text(uint64_t job, bool array, uint32_t elem,
                      char text[REF_TEXT_LEN])
{
    if (array && elem > 0)
        snprintf(text, REF_TEXT_LEN, "%" PRIu64 ".%" PRIu32, job, elem);
    else
        snprintf(text, REF_TEXT_LEN, "%" PRIu64, job);
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

bool job_has_said(const struct jobinfo *info)
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
