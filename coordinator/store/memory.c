/* SPDX-License-Identifier: MIT */
/* memory - a store in memory: the oracle, and the simulator's disk.
 *
 * Says plainly what a store does: the other kinds are compared with it. It
 * also asserts what the core must never ask for. Pure; one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "coordinator/core/model/job.h"
#include "coordinator/store/left_out.h"
#include "coordinator/store/retention.h"
#include "coordinator/store/store.h"
#include "libcommon/check.h"
#include "libcommon/map.h"
#include "libcommon/mem.h"
#include "libcommon/rng.h"

struct kept_job {
    struct record job;
    struct records outcomes; /* by element */
    struct records attempts; /* by element and tries */
    struct records cancels;  /* as they came */
    struct records end;      /* none or one */
    struct kept_job *same;   /* next one whose key has this hash */
};

struct memory {
    struct store store;
    struct kept_job **jobs; /* by id; owned */
    size_t n_jobs, cap_jobs;
    struct map keys;        /* hash of key -> first kept_job */
    struct records workers; /* that are up, by boot */
    struct left_out left_out;
    uint64_t epoch, ids, low_water;
    struct retention retention;
    bool fail_full, fail_io;
};

/* ---- finding ---- */

/* Place of the first job whose id is not less. */
static size_t job_place(const struct memory *m, uint64_t id)
{
    size_t low = 0, high = m->n_jobs;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->jobs[middle]->job.u.job.id.n < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct kept_job *job_find(const struct memory *m, job_id id)
{
    size_t place = job_place(m, id.n);

    if (place < m->n_jobs && m->jobs[place]->job.u.job.id.n == id.n)
        return m->jobs[place];
    return NULL;
}

static uint64_t key_hash(job_key key)
{
    return hash_bytes(view_of(key.bytes, sizeof key.bytes), 0);
}

static struct kept_job *job_of_key(const struct memory *m, job_key key)
{
    struct kept_job *j = map_get(&m->keys, key_hash(key));

    while (j != NULL && !key_equal(j->job.u.job.key, key))
        j = j->same;
    return j;
}

/* Place of the first outcome whose element is not less. */
static size_t outcome_place(const struct kept_job *j, uint32_t elem)
{
    size_t low = 0, high = j->outcomes.n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (j->outcomes.at[middle].u.outcome.ref.elem < elem)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool kept_has_ended(const struct kept_job *j)
{
    return j->job.u.job.array ? j->end.n > 0 : j->outcomes.n > 0;
}

/* Put `rec` at a place in a list, which takes it. */
static void records_insert(struct records *r, size_t place, struct record rec)
{
    records_add(r, rec);
    memmove(&r->at[place + 1], &r->at[place],
            (r->n - 1 - place) * sizeof *r->at);
    r->at[place] = rec;
}

/* ---- writing ---- */

static void job_keep(struct memory *m, const struct record *rec)
{
    struct kept_job *j = xcalloc(1, sizeof *j);
    size_t place = job_place(m, rec->u.job.id.n);

    j->job = record_copy(rec);
    j->same = map_put(&m->keys, key_hash(rec->u.job.key), j);
    if (m->n_jobs == m->cap_jobs) {
        m->cap_jobs = m->cap_jobs == 0 ? 16 : m->cap_jobs * 2;
        m->jobs = xrealloc(m->jobs, m->cap_jobs * sizeof *m->jobs);
    }
    memmove(&m->jobs[place + 1], &m->jobs[place],
            (m->n_jobs - place) * sizeof *m->jobs);
    m->jobs[place] = j;
    m->n_jobs++;
}

static void commit_job(struct memory *m, const struct record *rec,
                       struct store_report *report)
{
    struct record_refusal refusal = { .id = rec->u.job.id };
    const struct kept_job *same = job_of_key(m, rec->u.job.key);

    ASSERT(rec->u.job.id.n >= 1 && rec->u.job.id.n < m->ids);
    ASSERT(rec->u.job.n >= 1 && rec->u.job.n <= ELEM_MAX);
    ASSERT_IF(!rec->u.job.array, rec->u.job.n == 1);
    ASSERT(job_find(m, rec->u.job.id) == NULL);
    if (same == NULL && !m->fail_full) {
        job_keep(m, rec);
        return;
    }
    if (same == NULL) {
        refusal.why = ERR_FULL;
    } else {
        refusal.existing = same->job.u.job.id;
        refusal.why =
            same->job.u.job.hash == rec->u.job.hash ? ERR_EXISTS : ERR_CONFLICT;
    }
    store_report_add(report, refusal);
    left_out_add(&m->left_out, refusal.id);
}

static void commit_outcome(struct memory *m, const struct record *rec)
{
    struct task_id ref = rec->u.outcome.ref;
    struct kept_job *j = job_find(m, ref.job);

    ASSERT(j != NULL);
    ASSERT(ref.elem >= 1 && ref.elem <= j->job.u.job.n);
    ASSERT(state_is_terminal(rec->u.outcome.state));
    size_t place = outcome_place(j, ref.elem);
    ASSERT_IF(place < j->outcomes.n,
              j->outcomes.at[place].u.outcome.ref.elem != ref.elem);
    records_insert(&j->outcomes, place, record_copy(rec));
}

/* Place of the first attempt whose element and tries are not less. */
static size_t attempt_place(const struct kept_job *j, uint32_t elem,
                            uint32_t tries)
{
    const struct records *r = &j->attempts;
    size_t place = r->n;

    while (place > 0 && (r->at[place - 1].u.attempt.ref.elem > elem ||
                         (r->at[place - 1].u.attempt.ref.elem == elem &&
                          r->at[place - 1].u.attempt.tries >= tries)))
        place--;
    return place;
}

static void commit_attempt(struct memory *m, const struct record *rec)
{
    struct task_id ref = rec->u.attempt.ref;
    uint32_t tries = rec->u.attempt.tries;
    struct kept_job *j = job_find(m, ref.job);

    ASSERT(j != NULL);
    ASSERT(ref.elem >= 1 && ref.elem <= j->job.u.job.n && tries >= 1);
    ASSERT(rec->u.attempt.blame >= BLAME_FAILED &&
           rec->u.attempt.blame < BLAME_COUNT);
    size_t place = attempt_place(j, ref.elem, tries);
    if (place == attempt_place(j, ref.elem, tries + 1)) {
        records_insert(&j->attempts, place, record_copy(rec));
        return;
    }
    record_fini(&j->attempts.at[place]);
    j->attempts.at[place] = record_copy(rec);
}

static void commit_cancel(struct memory *m, const struct record *rec)
{
    struct kept_job *j = job_find(m, rec->u.cancel.id);

    ASSERT(j != NULL);
    records_add(&j->cancels, record_copy(rec));
}

static void commit_end(struct memory *m, const struct record *rec)
{
    struct kept_job *j = job_find(m, rec->u.end.id);

    ASSERT(j != NULL && j->job.u.job.array);
    ASSERT(j->end.n == 0);
    /* Elements that a cancel ended before they started have no row. */
    ASSERT(j->outcomes.n + j->cancels.n > 0);
    records_add(&j->end, *rec);
}

static void commit_worker(struct memory *m, const struct record *rec)
{
    struct records *w = &m->workers;
    size_t place = 0;

    while (place < w->n &&
           memcmp(w->at[place].u.worker.boot.bytes, rec->u.worker.boot.bytes,
                  sizeof rec->u.worker.boot.bytes) < 0)
        place++;
    if (place < w->n &&
        boot_equal(w->at[place].u.worker.boot, rec->u.worker.boot)) {
        record_fini(&w->at[place]);
        w->n--;
        memmove(&w->at[place], &w->at[place + 1],
                (w->n - place) * sizeof *w->at);
    }
    if (rec->type == RECORD_WORKER_UP)
        records_insert(w, place, record_copy(rec));
}

/* It may fall again: a clean end gives back what was reserved. */
static void commit_ids(struct memory *m, const struct record *rec)
{
    uint64_t upto = rec->u.mark.upto;

    ASSERT(upto >= 1 && upto <= JOB_ID_MAX + 1);
    ASSERT_IF(m->n_jobs > 0, upto > m->jobs[m->n_jobs - 1]->job.u.job.id.n);
    m->ids = upto;
}

static void commit_low_water(struct memory *m, const struct record *rec)
{
    uint64_t upto = rec->u.mark.upto;

    ASSERT(upto >= m->low_water && upto <= m->ids);
    for (size_t i = job_place(m, m->low_water); i < job_place(m, upto); i++)
        ASSERT(kept_has_ended(m->jobs[i]));
    m->low_water = upto;
    left_out_prune(&m->left_out, upto);
}

static void commit_record(struct memory *m, const struct record *rec,
                          struct store_report *report)
{
    if (left_out_has(&m->left_out, record_job(rec)))
        return;
    switch (rec->type) {
    case RECORD_JOB:
        commit_job(m, rec, report);
        return;
    case RECORD_OUTCOME:
        commit_outcome(m, rec);
        return;
    case RECORD_ATTEMPT:
        commit_attempt(m, rec);
        return;
    case RECORD_CANCEL:
        commit_cancel(m, rec);
        return;
    case RECORD_END:
        commit_end(m, rec);
        return;
    case RECORD_IDS:
        commit_ids(m, rec);
        return;
    case RECORD_LOW_WATER:
        commit_low_water(m, rec);
        return;
    case RECORD_WORKER_UP:
    case RECORD_WORKER_GONE:
        commit_worker(m, rec);
        return;
    case RECORD_EPOCH:
        break;
    }
    UNREACHABLE("a record that is only played back");
}

static enum err memory_commit(struct store *s, const struct records *batch,
                              struct store_report *report, char *errmsg)
{
    struct memory *m = (struct memory *)s;

    if (m->fail_io)
        return err_set(errmsg, ERR_IO, "the memory store was told to fail");
    for (size_t i = 0; i < batch->n; i++)
        commit_record(m, &batch->at[i], report);
    return ERR_NONE;
}

/* ---- removing ---- */

static void kept_free(struct kept_job *j)
{
    record_fini(&j->job);
    records_fini(&j->outcomes);
    records_fini(&j->attempts);
    records_fini(&j->cancels);
    records_fini(&j->end);
    free(j);
}

static void forget_key(struct memory *m, struct kept_job *j)
{
    uint64_t hash = key_hash(j->job.u.job.key);
    struct kept_job *first = map_remove(&m->keys, hash), *at = first;

    if (first == j) {
        first = j->same;
    } else {
        while (at->same != j)
            at = at->same;
        at->same = j->same;
    }
    if (first != NULL)
        map_put(&m->keys, hash, first);
}

static bool kept_is_due(const struct memory *m, const struct kept_job *j,
                        int64_t now_ms)
{
    bool over = m->retention.jobs_max > 0 && m->n_jobs > m->retention.jobs_max;

    if (!kept_has_ended(j))
        return false;
    if (j->job.u.job.array)
        return retention_is_due(&m->retention,
                                counts_state(&j->end.at[0].u.end.counts),
                                now_ms - j->end.at[0].u.end.at_ms, over);
    return retention_is_due(&m->retention, j->outcomes.at[0].u.outcome.state,
                            now_ms - j->outcomes.at[0].u.outcome.at_ms, over);
}

static void memory_retain(struct store *s, const struct retention *rule)
{
    ((struct memory *)s)->retention = *rule;
}

static enum err memory_tidy(struct store *s, int64_t now_ms, bool *more,
                            char *errmsg)
{
    struct memory *m = (struct memory *)s;

    (void)errmsg;
    *more = false;
    for (size_t i = 0; i < m->n_jobs;) {
        struct kept_job *j = m->jobs[i];
        if (!kept_is_due(m, j, now_ms)) {
            i++;
            continue;
        }
        forget_key(m, j);
        kept_free(j);
        m->n_jobs--;
        memmove(&m->jobs[i], &m->jobs[i + 1],
                (m->n_jobs - i) * sizeof *m->jobs);
    }
    return ERR_NONE;
}

/* ---- loading ---- */

/* Lists hold NULL for an empty blob, as a database does. */
static struct blob *blob_or_null(struct blob *b)
{
    return blob_view(b).len > 0 ? blob_ref(b) : NULL;
}

/* As record_copy, but with full = false without spec and items or the body. */
static struct record record_given(const struct record *rec, bool full)
{
    struct record given = *rec;

    if (rec->type == RECORD_JOB) {
        given.u.job.name = blob_or_null(rec->u.job.name);
        given.u.job.fn = blob_or_null(rec->u.job.fn);
        given.u.job.spec = full ? blob_or_null(rec->u.job.spec) : NULL;
        given.u.job.items = full ? blob_or_null(rec->u.job.items) : NULL;
        given.u.job.policy = blob_or_null(rec->u.job.policy);
    } else if (rec->type == RECORD_OUTCOME) {
        given.u.outcome.body = full ? blob_or_null(rec->u.outcome.body) : NULL;
    } else if (rec->type == RECORD_ATTEMPT) {
        given.u.attempt.body = full ? blob_or_null(rec->u.attempt.body) : NULL;
    } else if (rec->type == RECORD_CANCEL) {
        given.u.cancel.reason = blob_or_null(rec->u.cancel.reason);
    } else if (rec->type == RECORD_WORKER_UP) {
        given.u.worker.name = blob_or_null(rec->u.worker.name);
    }
    return given;
}

struct player {
    void (*each)(void *arg, struct record *rec);
    void *arg;
};

static void play(const struct player *p, struct record rec)
{
    p->each(p->arg, &rec);
    record_fini(&rec);
}

static void play_mark(const struct player *p, enum record_type type,
                      uint64_t upto)
{
    play(p, (struct record){ .type = type, .u.mark.upto = upto });
}

static void play_all(const struct player *p, const struct records *r, bool full)
{
    for (size_t i = 0; i < r->n; i++)
        play(p, record_given(&r->at[i], full));
}

static enum err memory_load(struct store *s,
                            void (*each)(void *arg, struct record *rec),
                            void *arg, char *errmsg)
{
    struct memory *m = (struct memory *)s;
    struct player p = { each, arg };

    (void)errmsg;
    left_out_fini(&m->left_out);
    m->epoch++;
    play_mark(&p, RECORD_EPOCH, m->epoch);
    play_mark(&p, RECORD_IDS, m->ids);
    play_mark(&p, RECORD_LOW_WATER, m->low_water);
    play_all(&p, &m->workers, true);
    for (size_t i = job_place(m, m->low_water); i < m->n_jobs; i++) {
        const struct kept_job *j = m->jobs[i];
        if (kept_has_ended(j))
            continue;
        play(&p, record_given(&j->job, true));
        play_all(&p, &j->outcomes, false);
        play_all(&p, &j->attempts, false);
        play_all(&p, &j->cancels, true);
    }
    return ERR_NONE;
}

/* ---- reading ---- */

static void give_all(struct records *out, const struct records *r)
{
    for (size_t i = 0; i < r->n; i++)
        records_add(out, record_given(&r->at[i], true));
}

/* What was given of an answer. */
struct page {
    uint32_t n;
    size_t bytes;
};

/* One more, of so many bytes. False: it has no room. The first always has. */
static bool page_add(struct page *p, const struct query *q, size_t bytes)
{
    p->bytes += bytes;
    if (p->n == q->max ||
        (p->n > 0 && q->max_bytes > 0 && p->bytes > q->max_bytes))
        return false;
    p->n++;
    return true;
}

static size_t job_bytes(const struct kept_job *j, bool full)
{
    size_t bytes = 0;

    if (full)
        bytes += blob_view(j->job.u.job.spec).len +
                 blob_view(j->job.u.job.items).len;
    return bytes;
}

static void read_jobs(const struct memory *m, const struct query *q,
                      struct records *out)
{
    struct view name = blob_view(q->name);
    struct page page = { 0 };

    for (size_t i = job_place(m, q->below.n); i > 0; i--) {
        const struct kept_job *j = m->jobs[i - 1];
        if (j->job.u.job.id.n < q->lowest.n)
            return;
        if (q->name != NULL && !view_equal(blob_view(j->job.u.job.name), name))
            continue;
        if (!page_add(&page, q, job_bytes(j, q->full)))
            return;
        records_add(out, record_given(&j->job, q->full));
        give_all(out, &j->cancels);
        if (j->job.u.job.array)
            give_all(out, &j->end);
        else if (j->outcomes.n > 0)
            records_add(out, record_given(&j->outcomes.at[0], false));
    }
}

static void read_outcomes(const struct memory *m, const struct query *q,
                          struct records *out)
{
    const struct kept_job *j = job_find(m, q->id);
    struct page page = { 0 };

    if (j == NULL)
        return;
    records_add(out, record_given(&j->job, false));
    give_all(out, &j->cancels);
    give_all(out, &j->end);
    for (size_t i = outcome_place(j, q->first); i < j->outcomes.n; i++) {
        const struct record *rec = &j->outcomes.at[i];
        if (rec->u.outcome.ref.elem > q->last ||
            !page_add(&page, q, blob_view(rec->u.outcome.body).len))
            return;
        records_add(out, record_given(rec, true));
    }
}

static void read_attempts(const struct memory *m, const struct query *q,
                          struct records *out)
{
    const struct kept_job *j = job_find(m, q->id);
    struct page page = { 0 };

    if (j == NULL)
        return;
    records_add(out, record_given(&j->job, false));
    for (size_t i = attempt_place(j, q->first, 0); i < j->attempts.n; i++) {
        const struct record *rec = &j->attempts.at[i];
        if (rec->u.attempt.ref.elem > q->last ||
            !page_add(&page, q, blob_view(rec->u.attempt.body).len))
            return;
        records_add(out, record_given(rec, true));
    }
}

static enum err memory_read(struct store *s, const struct query *q,
                            struct records *out, char *errmsg)
{
    struct memory *m = (struct memory *)s;

    (void)errmsg;
    switch (q->type) {
    case QUERY_JOBS:
        read_jobs(m, q, out);
        return ERR_NONE;
    case QUERY_OUTCOMES:
        read_outcomes(m, q, out);
        return ERR_NONE;
    case QUERY_ATTEMPTS:
        read_attempts(m, q, out);
        return ERR_NONE;
    }
    UNREACHABLE("an unknown query");
}

/* ---- life ---- */

static void memory_close(struct store *s)
{
    struct memory *m = (struct memory *)s;

    for (size_t i = 0; i < m->n_jobs; i++)
        kept_free(m->jobs[i]);
    free(m->jobs);
    map_fini(&m->keys);
    records_fini(&m->workers);
    left_out_fini(&m->left_out);
    free(m);
}

static const struct store_kind memory_kind = {
    .load = memory_load,
    .commit = memory_commit,
    .read = memory_read,
    .retain = memory_retain,
    .tidy = memory_tidy,
    .close = memory_close,
};

struct store *store_open_memory(void)
{
    struct memory *m = xcalloc(1, sizeof *m);

    m->store.kind = &memory_kind;
    m->ids = 1;
    m->low_water = 1;
    return &m->store;
}

void store_memory_fail(struct store *s, bool full, bool io_error)
{
    struct memory *m = (struct memory *)s;

    m->fail_full = full;
    m->fail_io = io_error;
}
