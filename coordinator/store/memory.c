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
#include "coordinator/store/lived.h"
#include "coordinator/store/memory_jobs.h"
#include "coordinator/store/retention.h"
#include "coordinator/store/store.h"
#include "libcommon/check.h"
#include "libcommon/mem.h"
#include "proto/counts.h"

struct memory {
    struct store store;
    struct memory_jobs jobs;
    struct records workers; /* that are up, by boot */
    struct left_out left_out;
    uint64_t epoch, ids, low_water;
    struct lived lived;
    struct retention retention;
    bool fail_full, fail_io;
};

/* ---- writing ---- */

/* Put `rec` at a place in a list, which takes it. */
static void records_insert(struct records *r, size_t place, struct record rec)
{
    records_add(r, rec);
    memmove(&r->at[place + 1], &r->at[place],
            (r->n - 1 - place) * sizeof *r->at);
    r->at[place] = rec;
}

static void commit_job(struct memory *m, const struct record *rec,
                       struct store_report *report)
{
    struct record_refusal refusal = { .id = rec->u.job.id };
    const struct memory_job *same =
        memory_jobs_of_key(&m->jobs, rec->u.job.key);

    ASSERT(rec->u.job.id.n >= 1 && rec->u.job.id.n < m->ids);
    ASSERT(rec->u.job.n >= 1 && rec->u.job.n <= ELEM_MAX);
    ASSERT_IF(!rec->u.job.array, rec->u.job.n == 1);
    ASSERT(memory_jobs_find(&m->jobs, rec->u.job.id) == NULL);
    if (same == NULL && !m->fail_full) {
        memory_jobs_add(&m->jobs, rec);
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
    struct task_id task = rec->u.outcome.task;
    struct memory_job *j = memory_jobs_find(&m->jobs, task.job);

    ASSERT(j != NULL);
    ASSERT(task.elem >= 1 && task.elem <= j->job.u.job.n);
    ASSERT(state_is_terminal(rec->u.outcome.state));
    size_t place = memory_job_outcome(j, task.elem);
    ASSERT_IF(place < j->outcomes.n,
              j->outcomes.at[place].u.outcome.task.elem != task.elem);
    records_insert(&j->outcomes, place, record_copy(rec));
}

static void commit_attempt(struct memory *m, const struct record *rec)
{
    struct task_id task = rec->u.attempt.task;
    uint32_t tries = rec->u.attempt.tries;
    struct memory_job *j = memory_jobs_find(&m->jobs, task.job);

    ASSERT(j != NULL);
    ASSERT(task.elem >= 1 && task.elem <= j->job.u.job.n && tries >= 1);
    ASSERT(rec->u.attempt.blame >= BLAME_FAILED &&
           rec->u.attempt.blame < BLAME_COUNT);
    size_t place = memory_job_attempt(j, task.elem, tries);
    if (place == memory_job_attempt(j, task.elem, tries + 1)) {
        records_insert(&j->attempts, place, record_copy(rec));
        return;
    }
    record_fini(&j->attempts.at[place]);
    j->attempts.at[place] = record_copy(rec);
}

static void commit_piece(struct memory *m, const struct record *rec)
{
    struct task_id task = rec->u.piece.task;
    struct memory_job *j = memory_jobs_find(&m->jobs, task.job);

    ASSERT(j != NULL);
    ASSERT(task.elem >= 1 && task.elem <= j->job.u.job.n);
    size_t place = memory_job_piece(j, task.elem, rec->u.piece.stream,
                                    rec->u.piece.offset);
    if (place == memory_job_piece(j, task.elem, rec->u.piece.stream,
                                  rec->u.piece.offset + 1)) {
        records_insert(&j->pieces, place, record_copy(rec));
        return;
    }
    record_fini(&j->pieces.at[place]);
    j->pieces.at[place] = record_copy(rec);
}

static void commit_cancel(struct memory *m, const struct record *rec)
{
    struct memory_job *j = memory_jobs_find(&m->jobs, rec->u.cancel.id);

    ASSERT(j != NULL);
    records_add(&j->cancels, record_copy(rec));
}

static void commit_end(struct memory *m, const struct record *rec)
{
    struct memory_job *j = memory_jobs_find(&m->jobs, rec->u.end.id);

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
    ASSERT_IF(m->jobs.n > 0, upto > m->jobs.at[m->jobs.n - 1]->job.u.job.id.n);
    m->ids = upto;
}

static void commit_low_water(struct memory *m, const struct record *rec)
{
    uint64_t upto = rec->u.mark.upto;

    ASSERT(upto >= m->low_water && upto <= m->ids);
    for (size_t i = memory_jobs_place(&m->jobs, m->low_water);
         i < memory_jobs_place(&m->jobs, upto); i++)
        ASSERT(memory_job_has_ended(m->jobs.at[i]));
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
    case RECORD_PIECE:
        if (m->fail_full)
            report->pieces_left_out = true;
        else
            commit_piece(m, rec);
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
    case RECORD_CLOCK:
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

static bool job_is_due(const struct memory *m, const struct memory_job *j,
                       int64_t lived_now_ms)
{
    bool over = m->retention.jobs_max > 0 && m->jobs.n > m->retention.jobs_max;

    if (!memory_job_has_ended(j))
        return false;
    if (j->job.u.job.array)
        return retention_is_due(
            &m->retention, counts_worst(&j->end.at[0].u.end.counts),
            lived_now_ms - j->end.at[0].u.end.lived_ms, over);
    return retention_is_due(&m->retention, j->outcomes.at[0].u.outcome.state,
                            lived_now_ms - j->outcomes.at[0].u.outcome.lived_ms,
                            over);
}

static void memory_retain(struct store *s, const struct retention *rule)
{
    ((struct memory *)s)->retention = *rule;
}

static void memory_use_memory(struct store *s, uint64_t bytes)
{
    (void)s; /* it has no cache */
    (void)bytes;
}

static enum err memory_tidy(struct store *s, const struct moment *now,
                            bool *more, char *errmsg)
{
    struct memory *m = (struct memory *)s;

    (void)errmsg;
    lived_mark(&m->lived, now);
    *more = false;
    for (size_t i = 0; i < m->jobs.n;) {
        if (job_is_due(m, m->jobs.at[i], lived_ms(&m->lived, now)))
            memory_jobs_remove(&m->jobs, i);
        else
            i++;
    }
    return ERR_NONE;
}

/* ---- loading ---- */

/* As record_copy, but with full = false without spec and items or the body. An
 * empty blob is NULL, as in a database. */
static struct record record_given(const struct record *rec, bool full)
{
    struct record given = record_copy(rec);
    struct blob **blobs[RECORD_BLOBS_MAX];
    size_t n = record_blobs(&given, blobs);

    if (!full)
        record_drop_long(&given);
    for (size_t i = 0; i < n; i++) {
        if (blob_view(*blobs[i]).len > 0)
            continue;
        blob_unref(*blobs[i]);
        *blobs[i] = NULL;
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

static enum err memory_load(struct store *s, const struct moment *now,
                            void (*each)(void *arg, struct record *rec),
                            void *arg, char *errmsg)
{
    struct memory *m = (struct memory *)s;
    struct player p = { each, arg };
    int64_t uncounted_ms = lived_begin(&m->lived, now, m->retention.trust_wall);

    (void)errmsg;
    left_out_fini(&m->left_out);
    m->epoch++;
    play_mark(&p, RECORD_EPOCH, m->epoch);
    play(&p, (struct record){
                 .type = RECORD_CLOCK,
                 .u.clock = { m->lived.ms - now->boot_ms, uncounted_ms } });
    play_mark(&p, RECORD_IDS, m->ids);
    play_mark(&p, RECORD_LOW_WATER, m->low_water);
    play_all(&p, &m->workers, true);
    for (size_t i = memory_jobs_place(&m->jobs, m->low_water); i < m->jobs.n;
         i++) {
        const struct memory_job *j = m->jobs.at[i];
        if (memory_job_has_ended(j))
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

/* How much of an answer was given. */
struct memory_page {
    uint32_t n;
    size_t bytes;
};

/* One more, of so many bytes. False: it has no room. The first always has. */
static bool page_add(struct memory_page *p, const struct query *q, size_t bytes)
{
    p->bytes += bytes;
    if (p->n == q->max ||
        (p->n > 0 && q->max_bytes > 0 && p->bytes > q->max_bytes))
        return false;
    p->n++;
    return true;
}

/* One more outcome or attempt, of so many bytes; the last may go beyond the
 * limit. */
static bool page_add_ref(struct memory_page *p, const struct query *q,
                         size_t bytes)
{
    if (p->n == q->max ||
        (p->n > 0 && q->max_bytes > 0 && p->bytes >= q->max_bytes))
        return false;
    p->bytes += bytes;
    p->n++;
    return true;
}

static void read_jobs(const struct memory *m, const struct query *q,
                      struct records *out)
{
    struct view name = blob_view(q->name);
    struct memory_page page = { 0 };

    for (size_t i = memory_jobs_place(&m->jobs, q->below.n); i > 0; i--) {
        const struct memory_job *j = m->jobs.at[i - 1];
        if (j->job.u.job.id.n < q->lowest.n)
            return;
        if (q->name != NULL && !view_equal(blob_view(j->job.u.job.name), name))
            continue;
        if (!page_add(&page, q, q->full ? record_bytes(&j->job) : 0))
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
    const struct memory_job *j = memory_jobs_find(&m->jobs, q->id);
    struct memory_page page = { 0 };

    if (j == NULL)
        return;
    records_add(out, record_given(&j->job, false));
    give_all(out, &j->cancels);
    give_all(out, &j->end);
    for (size_t i = memory_job_outcome(j, q->first); i < j->outcomes.n; i++) {
        const struct record *rec = &j->outcomes.at[i];
        if (rec->u.outcome.task.elem > q->last ||
            !page_add_ref(&page, q, record_bytes(rec)))
            return;
        records_add(out, record_given(rec, true));
    }
}

static void read_attempts(const struct memory *m, const struct query *q,
                          struct records *out)
{
    const struct memory_job *j = memory_jobs_find(&m->jobs, q->id);
    struct memory_page page = { 0 };

    if (j == NULL)
        return;
    records_add(out, record_given(&j->job, false));
    for (size_t i = memory_job_attempt(j, q->first, 0); i < j->attempts.n;
         i++) {
        const struct record *rec = &j->attempts.at[i];
        if (rec->u.attempt.task.elem > q->last ||
            !page_add_ref(&page, q, record_bytes(rec)))
            return;
        records_add(out, record_given(rec, true));
    }
}

static void read_pieces(const struct memory *m, const struct query *q,
                        struct records *out)
{
    const struct memory_job *j = memory_jobs_find(&m->jobs, q->id);
    struct memory_page page = { 0 };

    if (j == NULL)
        return;
    records_add(out, record_given(&j->job, false));
    for (size_t i = memory_job_piece(j, q->first, q->stream, 0);
         i < j->pieces.n; i++) {
        const struct record *rec = &j->pieces.at[i];
        if (rec->u.piece.task.elem != q->first ||
            rec->u.piece.stream != q->stream)
            return;
        if (rec->u.piece.offset + rec->u.piece.len <= q->offset ||
            !attempt_equal(rec->u.piece.attempt, q->attempt))
            continue;
        if (!page_add_ref(&page, q, record_bytes(rec)))
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
    case QUERY_PIECES:
        read_pieces(m, q, out);
        return ERR_NONE;
    }
    UNREACHABLE("an unknown query");
}

/* ---- life ---- */

static void memory_close(struct store *s)
{
    struct memory *m = (struct memory *)s;

    memory_jobs_fini(&m->jobs);
    records_fini(&m->workers);
    left_out_fini(&m->left_out);
    free(m);
}

static const struct store_kind memory_kind = {
    .load = memory_load,
    .commit = memory_commit,
    .read = memory_read,
    .retain = memory_retain,
    .use_memory = memory_use_memory,
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
