/* SPDX-License-Identifier: MIT */
/* targets - the jobs and elements that a command is about. */
#include "client/cli/targets.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/cli/selector.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"

struct finding {
    struct cli *c;
    struct targets *out;
    bool active; /* `all` means those that have not ended */
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

static const struct fault absent = { EXITS_ABSENT, ERR_ABSENT, "see: yon ls" };

static int fail_absent(struct cli *c, uint64_t job)
{
    return cli_fail(c, absent, "no job %" PRIu64, job);
}

static int fail_no_element(struct cli *c, const struct jobinfo *info,
                           int64_t number)
{
    return cli_fail(c, absent, "no job %" PRIu64 ".%" PRId64 "%s", info->job,
                    number, info->array ? "" : ": it is not an array");
}

/* The newest job; *found is false when there is none. */
static int last_await(struct cli *c, struct jobs *jobs, bool *found)
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

static bool is_selected(const struct selector_part *p, int64_t number)
{
    return number >= p->first && number <= p->last &&
           ((uint64_t)number - (uint64_t)p->first) % (uint64_t)p->step == 0;
}

/* Add the elements with the numbers, as few targets: each is an even run of
 * places. */
static void add_numbers(struct targets *out, struct listed_job *job,
                        const struct selector_part *p)
{
    struct job_items items = job_items_of(&job->info);
    struct target t = { .job = job };

    for (uint32_t elem = 1; elem <= job->info.counts.n; elem++) {
        if (!is_selected(p, job_items_number(&items, elem)))
            continue;
        if (t.first != 0 && t.first == t.last)
            t.step = elem - t.last;
        if (t.first != 0 && elem - t.last == t.step) {
            t.last = elem;
            continue;
        }
        if (t.first != 0)
            add_target(out, t);
        t.first = t.last = elem;
        t.step = 1;
    }
    if (t.first != 0)
        add_target(out, t);
}

static int find_elements_await(struct finding *f, const struct selector_part *p)
{
    struct jobs *jobs = &f->out->jobs;
    size_t before = f->out->n;
    struct listed_job *job;
    bool found = false;
    int code = p->job != 0 ? jobs_find_await(f->c, p->job, false, jobs, &found)
                           : last_await(f->c, jobs, &found);

    if (code != EXITS_DONE || (!found && p->job == 0))
        return code;
    if (!found)
        return fail_absent(f->c, p->job);
    job = jobs->at[jobs->n - 1];
    if (job->info.array) {
        code = job_load_items_await(f->c, job);
        if (code != EXITS_DONE)
            return code;
        add_numbers(f->out, job, p);
    }
    if (f->out->n == before)
        return fail_no_element(f->c, &job->info, p->first);
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
        return fail_absent(f->c, id);
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
    uint64_t lowest = (uint64_t)p->first, before = (uint64_t)p->last + 1;
    size_t first = f->out->n;

    while (before > lowest) {
        struct op op = { .type = OP_LIST };
        struct jobs page = { 0 };
        int code;

        op.u.list.what = LIST_ALL;
        op.u.list.before = before;
        op.u.list.limit = JOBS_PAGE;
        code = jobs_list_await(f->c, &op, &page, &before);
        for (size_t i = 0; i < page.n && code == EXITS_DONE; i++) {
            const struct jobinfo *info = &page.at[i]->info;
            size_t n = f->out->jobs.n;

            if (info->job < lowest ||
                (info->job - lowest) % (uint64_t)p->step != 0)
                continue;
            jobs_add(&f->out->jobs, info);
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

/* All that have not ended; ids rise in time, and the oldest comes first. */
static int keep_active(void *arg, const struct jobs *page)
{
    const struct finding *f = arg;
    size_t n = f->out->jobs.n;

    for (size_t i = 0; i < page->n; i++)
        if (!state_is_terminal(page->at[i]->info.state))
            jobs_add(&f->out->jobs, &page->at[i]->info);
    add_whole(f->out, n);
    return EXITS_DONE;
}

static int find_active_await(struct finding *f)
{
    int code = jobs_walk_await(f->c, keep_active, f);

    if (code == EXITS_DONE && f->out->n == 0)
        cli_say(f->c, "all jobs have ended");
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
        if (f->active)
            return find_active_await(f);
        return find_listed_await(f, LIST_ALL, UINT32_MAX, (struct view){ 0 });
    default:
        return p->first == p->last ? find_one_await(f, (uint64_t)p->first)
                                   : find_range_await(f, p);
    }
}

static int find_await(struct finding *f)
{
    struct cli *c = f->c;
    struct targets *targets = f->out;
    struct options *o = &c->options;
    struct selector s = { 0 };
    char errmsg[ERRMSG_LEN];
    bool can_be_none = false;
    int code = EXITS_DONE;

    *targets = (struct targets){ 0 };
    if (o->n_args == 0)
        return cli_usage(c, "which jobs? For example: 42, 42.7, last, all");
    if (selector_parse(o->args, o->n_args, &s, errmsg) != ERR_NONE)
        code = cli_usage(c, "%s", errmsg);
    if (code == EXITS_DONE)
        code = cli_connect(c);
    for (size_t i = 0; i < s.n && code == EXITS_DONE; i++) {
        code = find_part_await(f, &s.at[i]);
        can_be_none |= f->active && s.at[i].what == SELECT_ALL;
    }
    if (code == EXITS_DONE && targets->n == 0 && !can_be_none)
        code = cli_fail(
            c, (struct fault){ EXITS_NOTHING, ERR_ABSENT, "see: yon ls --all" },
            "no job matches");
    selector_fini(&s);
    return code;
}

int targets_find_await(struct cli *c, struct targets *targets)
{
    return find_await(&(struct finding){ .c = c, .out = targets });
}

int targets_find_active_await(struct cli *c, struct targets *targets)
{
    return find_await(
        &(struct finding){ .c = c, .out = targets, .active = true });
}

int targets_of_job_await(struct cli *c, uint64_t id, struct targets *targets)
{
    struct finding f = { .c = c, .out = targets };

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
