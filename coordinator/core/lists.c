/* SPDX-License-Identifier: MIT */
/* lists - what clients ask about jobs, workers and the coordinator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/state.h"
#include "libcommon/mem.h"

#define FETCH_MAX 1000
#define FETCH_BYTES_MAX (1u << 20)
#define LIST_MAX 1000
#define FUNCTIONS_BYTES_MAX (8u << 20) /* names of functions in one answer */

/* ---- outcomes ---- */

void lists_fetch(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.fetch.req, OP_FETCH);
    uint32_t max = op->u.fetch.max;

    if (ask == NULL)
        return;
    ask->first = op->u.fetch.first == 0 ? 1 : op->u.fetch.first;
    ask->last = op->u.fetch.last == 0 ? ELEM_MAX : op->u.fetch.last;
    ask->limit = max == 0 || max > FETCH_MAX ? FETCH_MAX : max;
    ask->parts = op->u.fetch.parts;
    reads_ask(c, ask,
              (struct query){ .type = QUERY_OUTCOMES,
                              .id = { op->u.fetch.job },
                              .first = ask->first,
                              .last = ask->last,
                              .max = ask->limit,
                              .max_bytes = FETCH_BYTES_MAX });
}

struct page { /* outcomes that go into one answer */
    struct outcome *at;
    uint32_t n, cap;
};

static struct outcome *page_add(struct page *p)
{
    if (p->n == p->cap) {
        p->cap = p->cap == 0 ? 16 : p->cap * 2;
        p->at = xrealloc(p->at, p->cap * sizeof *p->at);
    }
    return &p->at[p->n++];
}

/* What the outcome points to stays in the record. */
static void page_add_record(struct coord *c, struct page *p,
                            const struct record *rec, uint8_t parts)
{
    struct outcome *o = page_add(p);

    if (outcome_decode(c->bodies, blob_view(rec->u.outcome.body), o) !=
        ERR_NONE)
        *o = (struct outcome){ .job = rec->u.outcome.ref.job.n,
                               .elem = rec->u.outcome.ref.elem,
                               .state = rec->u.outcome.state,
                               .message = view_str("the record is damaged") };
    if (!(parts & FETCH_RESULT))
        o->result = (struct view){ 0 };
    if (!(parts & FETCH_OUTPUT))
        o->out = o->err = (struct view){ 0 };
}

/* The cancel that ended an element without a record; NULL: it has not ended. */
static const struct record *
cancel_record(const struct coord *c, const struct records *r, struct task_id ref)
{
    const struct job *j = coord_job(c, ref.job.n);

    if (j != NULL &&
        (!job_is_settled(j, ref.elem) || attempt_find(c, ref) != NULL))
        return NULL;
    for (size_t i = 0; i < r->n; i++)
        if (r->at[i].type == RECORD_CANCEL &&
            ref.elem >= r->at[i].u.cancel.first &&
            ref.elem <= r->at[i].u.cancel.last)
            return &r->at[i];
    return NULL;
}

/* Elements without a record up to `end`, as far as a cancel ended them. */
static void add_gap(struct coord *c, struct page *p, const struct records *r,
                    uint32_t from, uint32_t end, uint32_t limit)
{
    job_id job = r->at[0].u.job.id;

    if (!r->at[0].u.job.array)
        return;
    for (uint32_t elem = from; elem < end && p->n < limit; elem++) {
        const struct record *cancel =
            cancel_record(c, r, (struct task_id){ .job = job, .elem = elem });
        if (cancel != NULL)
            *page_add(p) = cancelled_outcome(job, elem, cancel);
    }
}

/* Fill the page in the order of elements. Returns where to go on; 0: no more.
 */
static uint32_t fill(struct coord *c, struct ask *ask, const struct records *r,
                     struct page *p)
{
    uint32_t n = r->at[0].u.job.n, elem = ask->first, rows = 0;
    uint32_t last = ask->last < n ? ask->last : n;
    size_t bytes = 0;
    bool cut;

    for (size_t i = 0; i < r->n; i++) {
        const struct record *rec = &r->at[i];
        if (rec->type != RECORD_OUTCOME)
            continue;
        add_gap(c, p, r, elem, rec->u.outcome.ref.elem, ask->limit);
        if (p->n >= ask->limit)
            return p->at[p->n - 1].elem + 1;
        page_add_record(c, p, rec, ask->parts);
        bytes += blob_view(rec->u.outcome.body).len;
        elem = rec->u.outcome.ref.elem + 1;
        rows++;
    }
    cut = rows >= ask->limit || bytes >= FETCH_BYTES_MAX;
    if (!cut) {
        add_gap(c, p, r, elem, last + 1, ask->limit);
        if (p->n >= ask->limit)
            elem = p->at[p->n - 1].elem + 1;
        else
            elem = last + 1;
    }
    return elem > last ? 0 : elem;
}

void lists_fetch_answer(struct coord *c, struct ask *ask, struct records *r)
{
    struct op op = { .type = OP_FETCH_REPLY, .u.fetch_reply.req = ask->req };
    struct page page = { 0 };

    if (r->n == 0) {
        answer_refuse(c, ask, ERR_ABSENT, 0, "no such job");
        return;
    }
    op.u.fetch_reply.next = fill(c, ask, r, &page);
    op.u.fetch_reply.outcomes.at = page.at;
    op.u.fetch_reply.outcomes.n = page.n;
    answer(c, ask, &op);
    free(page.at);
}

/* ---- jobs ---- */

void lists_list(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.list.req, OP_LIST);
    struct query q = { .type = QUERY_JOBS, .below = { JOB_ID_MAX + 1 } };
    uint32_t limit = op->u.list.limit;

    if (ask == NULL)
        return;
    ask->limit = limit == 0 || limit > LIST_MAX ? LIST_MAX : limit;
    ask->what = op->u.list.what;
    q.full = op->u.list.full && ask->what == LIST_ID;
    q.max = ask->limit;
    switch (ask->what) {
    case LIST_RECENT: /* enough to find `limit` ended ones among the active */
        q.max += c->jobs.n < LIST_MAX ? (uint32_t)c->jobs.n : LIST_MAX;
        break;
    case LIST_ALL:
        if (op->u.list.before > 0)
            q.below.n = op->u.list.before;
        break;
    case LIST_ID:
        q.lowest.n = op->u.list.id;
        q.below.n = op->u.list.id + 1;
        break;
    case LIST_LAST:
        break;
    case LIST_NAME:
        if (op->u.list.before > 0)
            q.below.n = op->u.list.before;
        q.name = blob_new(op->u.list.jobname);
        break;
    default:
        answer_refuse(c, ask, ERR_RANGE, 0, "LIST: unknown kind of list");
        return;
    }
    reads_ask(c, ask, q);
}

struct note {
    char text[64];
};

/* What is set apart: the first of it that has its time, else any. */
static const char *note_apart(const struct coord *c, const struct job *j,
                              struct note *note)
{
    const struct again *first = NULL;
    int64_t ms;

    LIST_EACH (it, save, &j->apart) {
        const struct again *g = LIST_ENTRY(it, struct again, in_job);
        if (g->once)
            return "it may run on a worker that is not back yet";
        if (g->later.place != 0 && (first == NULL || g->due_ms < first->due_ms))
            first = g;
    }
    if (first == NULL)
        return "its worker was lost: it waits to run alone on one";
    ms = first->due_ms - c->now_ms;
    if (ms <= 0)
        return "is started again when the budget of all retries has room";
    snprintf(note->text, sizeof note->text, "is started again in %lld s",
             (long long)((ms + 999) / 1000));
    return note->text;
}

/* Why it waits; it may stand in *note. */
static const char *note_of(const struct coord *c, const struct job *j,
                           struct note *note)
{
    if (j->counts.running > 0 || job_n_waiting(j) == 0)
        return "";
    if (job_n_ready(j) == 0)
        return note_apart(c, j, note);
    if (j->lane->n_workers == 0)
        return j->fn == NULL ? "no worker is connected"
                             : "no worker offers this function";
    return lane_pick(j->lane) == NULL ? "all slots are busy" : "";
}

/* An end that is not durable yet may still turn out otherwise: until then the
 * job shows as running. */
static void describe_active(const struct coord *c, const struct job *j,
                            struct jobinfo *info, struct note *note)
{
    const struct attempt *a = advance_of(c, j, 0);
    bool ending = job_has_ended(j) && !j->told;

    info->state = (uint8_t)(ending ? STATE_RUNNING : job_state(j));
    info->started_ms = j->started_ms;
    info->ended_ms = ending ? 0 : j->ended_ms;
    info->counts = job_counts(j);
    if (ending && !j->array)
        info->counts = (struct counts){ .n = 1, .running = 1 };
    info->elem_failed = j->elem_failed;
    info->failed_why = view_str(j->failed_why);
    info->note = view_str(note_of(c, j, note));
    if (a != NULL) {
        info->done = a->done;
        info->total = a->total;
        info->doing = blob_view(a->doing);
    }
}

static void describe_ended(const struct record *rec, struct jobinfo *info)
{
    if (rec->type == RECORD_END) {
        info->counts = rec->u.end.counts;
        info->state = (uint8_t)counts_state(&info->counts);
        info->ended_ms = rec->u.end.at_ms;
    } else if (rec->type == RECORD_OUTCOME) {
        info->counts = counts_of_one(rec->u.outcome.state);
        info->state = rec->u.outcome.state;
        info->ended_ms = rec->u.outcome.at_ms;
        info->started_ms = rec->u.outcome.started_ms;
    }
}

static void describe(struct coord *c, const struct record *rec,
                     struct jobinfo *info)
{
    *info = (struct jobinfo){ .job = rec->u.job.id.n,
                              .array = rec->u.job.array,
                              .kind = rec->u.job.kind,
                              .state = STATE_WAITING,
                              .jobname = blob_view(rec->u.job.name),
                              .fn = blob_view(rec->u.job.fn),
                              .submitted_ms = rec->u.job.at_ms,
                              .counts = { .n = rec->u.job.n },
                              .spec = blob_view(rec->u.job.spec),
                              .first = rec->u.job.first,
                              .step = rec->u.job.step,
                              .items = blob_view(rec->u.job.items) };
    memcpy(info->key.bytes, rec->u.job.key.bytes, sizeof info->key);
    if (rec->u.job.policy != NULL &&
        policy_decode(c->bodies, blob_view(rec->u.job.policy), &info->policy) !=
            ERR_NONE)
        info->policy = (struct policy){ 0 };
}

/* Rows for the answer, newest first; jobs in memory are described from there.
 */
static uint32_t rows_of(struct coord *c, const struct ask *ask,
                        const struct records *r, struct jobinfo *rows,
                        struct note *notes)
{
    uint32_t n = 0, n_ended = 0;
    const struct job *j = NULL;

    for (size_t i = 0; i < r->n; i++) {
        const struct record *rec = &r->at[i];
        if (rec->type != RECORD_JOB) {
            if (n > 0 && j == NULL)
                describe_ended(rec, &rows[n - 1]);
            continue;
        }
        j = coord_job(c, rec->u.job.id.n);
        if (ask->what == LIST_RECENT && j == NULL && n_ended++ >= ask->limit)
            break;
        describe(c, rec, &rows[n++]);
        if (j != NULL)
            describe_active(c, j, &rows[n - 1], &notes[n - 1]);
    }
    return n;
}

/* Active jobs that are older than what the store was asked for. */
static uint32_t older_active(struct coord *c, struct jobinfo *rows,
                             struct note *notes, uint32_t n)
{
    uint64_t lowest = n == 0 ? UINT64_MAX : rows[n - 1].job;
    uint32_t first = n;

    LIST_EACH (it, save, &c->by_id) {
        const struct job *j = LIST_ENTRY(it, struct job, by_id);
        struct record rec;
        if (j->id.n >= lowest || n - first >= LIST_MAX)
            break;
        if (j->refused || j->lsn > c->durable)
            continue;
        rec = job_record(j);
        describe(c, &rec, &rows[n]);
        rows[n].spec = rows[n].items = (struct view){ 0 };
        describe_active(c, j, &rows[n], &notes[n]);
        n++;
        record_fini(&rec); /* the job keeps what the row points to */
    }
    for (uint32_t a = first, b = n; a + 1 < b; a++) {
        struct jobinfo swap = rows[a];
        rows[a] = rows[--b];
        rows[b] = swap;
    }
    return n;
}

void lists_list_answer(struct coord *c, struct ask *ask, struct records *r)
{
    struct op op = { .type = OP_LIST_REPLY, .u.list_reply.req = ask->req };
    struct jobinfo *rows = xcalloc(r->n + LIST_MAX + 1, sizeof *rows);
    struct note *notes = xcalloc(r->n + LIST_MAX + 1, sizeof *notes);
    uint32_t n = rows_of(c, ask, r, rows, notes);

    if (ask->what == LIST_RECENT)
        n = older_active(c, rows, notes, n);
    else if (n == ask->limit && ask->what != LIST_LAST)
        op.u.list_reply.next = rows[n - 1].job;
    op.u.list_reply.jobs.at = rows;
    op.u.list_reply.jobs.n = n;
    answer(c, ask, &op);
    free(rows);
    free(notes);
}

/* ---- workers and the coordinator ---- */

static size_t names_len(struct names names)
{
    size_t len = 0;

    for (size_t i = 0; i < names.n; i++)
        len += names.at[i].len + 3;
    return len;
}

void lists_workers(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.workers.req, OP_WORKERS);

    if (ask != NULL)
        reads_ask(c, ask, (struct query){ 0 });
}

void lists_workers_answer(struct coord *c, struct ask *ask)
{
    struct op reply = { .type = OP_WORKERS_REPLY, .u.workers_reply.req = ask->req };
    struct peer *rows = xcalloc(c->sessions.n + 1, sizeof *rows);
    size_t n = 0, bytes = 0;

    LIST_EACH (it, save, &c->session_list) {
        const struct session *w = LIST_ENTRY(it, struct session, in_all);
        if (w->role != ROLE_WORKER || w->gone || !w->proven ||
            n >= LIST_LEN_MAX)
            continue;
        rows[n] = (struct peer){ .session = w->id.n,
                                 .peername = view_str(w->name),
                                 .slots = w->slots,
                                 .slots_used = w->slots_used,
                                 .calls = w->calls,
                                 .calls_used = w->calls_used,
                                 .draining = w->draining,
                                 .since_ms = w->since_ms,
                                 .n_done = w->n_done,
                                 .labels = w->labels,
                                 .n_holds = w->n_holds,
                                 .hold_max_ms = w->hold_max_ms };
        bytes += names_len(w->functions);
        if (bytes <= FUNCTIONS_BYTES_MAX)
            rows[n].functions = w->functions;
        memcpy(rows[n++].boot.bytes, w->boot.bytes, sizeof w->boot.bytes);
    }
    reply.u.workers_reply.workers.at = rows;
    reply.u.workers_reply.workers.n = n;
    answer(c, ask, &reply);
    free(rows);
}

void lists_status(struct coord *c, struct session *s, const struct op *op)
{
    struct ask *ask = answer_open(c, s, op->u.status.req, OP_STATUS);

    if (ask != NULL)
        reads_ask(c, ask, (struct query){ 0 });
}

void lists_status_answer(struct coord *c, struct ask *ask)
{
    struct op reply = { .type = OP_STATUS_REPLY,
                        .u.status_reply = {
                            .req = ask->req,
                            .software = view_str(c->config.software),
                            .epoch = c->epoch,
                            .since_ms = c->since_ms,
                            .n_jobs = c->jobs.n,
                            .n_ended = c->n_ended,
                            .recovering = c->recovering,
                            .full = c->full || c->now_ms < c->full_until_ms } };

    LIST_EACH (it, save, &c->session_list) {
        const struct session *w = LIST_ENTRY(it, struct session, in_all);
        if (w->role == ROLE_CLIENT) {
            reply.u.status_reply.n_clients++;
            continue;
        }
        reply.u.status_reply.n_running += w->slots_used + w->calls_used;
        if (w->gone || !w->proven)
            continue;
        reply.u.status_reply.n_workers++;
        reply.u.status_reply.slots += w->slots;
        reply.u.status_reply.slots_used += w->slots_used;
        reply.u.status_reply.calls += w->calls;
        reply.u.status_reply.calls_used += w->calls_used;
    }
    reply.u.status_reply.n_waiting = c->n_unended - reply.u.status_reply.n_running;
    answer(c, ask, &reply);
}
