/* SPDX-License-Identifier: MIT */
/* sqlite_write - a batch of records as one transaction. */
#include "coordinator/store/sqlite_impl.h"
#include "libcommon/check.h"
#include "proto/bounds.h"

const char *const sqlite_write_sql[WRITE_COUNT] = {
    [WRITE_BEGIN] = "begin immediate",
    [WRITE_COMMIT] = "commit",
    [WRITE_ROLLBACK] = "rollback",
    [WRITE_JOB] = "insert into job(" ROW_JOB ", spec, items)"
                  " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
                  " ?13, ?14) on conflict(key) do nothing",
    [WRITE_KEY] = "select id, hash from job where key = ?1",
    [WRITE_OUTCOME] = "insert into outcome(" ROW_OUTCOME ", body)"
                      " values(?1, ?2, ?3, ?4, ?5)",
    [WRITE_ATTEMPT] = "insert or replace into attempt(" ROW_ATTEMPT ", body)"
                      " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [WRITE_CANCEL] = "insert into cancel(" ROW_CANCEL ", seq)"
                     " values(?1, ?2, ?3, ?4, ?5, ?6, (select"
                     " coalesce(max(seq), 0) + 1 from cancel where job = ?1))",
    [WRITE_END] = "insert into job_end(" ROW_END ")"
                  " values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [WRITE_MARK] = "update meta set value = ?2 where name = ?1",
    [WRITE_WORKER_UP] = "insert or replace into worker(" ROW_WORKER ")"
                        " values(?1, ?2, ?3)",
    [WRITE_WORKER_GONE] = "delete from worker where boot = ?1",
};

/* Run a statement that was bound, and make it ready for its next use. */
static enum err write_step(struct sqlite *s, enum sqlite_write which,
                           char *errmsg)
{
    sqlite3_stmt *stmt = s->write[which];
    int rc = sqlite3_step(stmt);
    enum err err = ERR_NONE;

    /* Nothing is ever written twice: the core made sure. */
    ASSERT((rc & 0xff) != SQLITE_CONSTRAINT);
    if (rc != SQLITE_DONE)
        err = sqlite_error(s->writer, rc, errmsg);
    sqlite_done(stmt);
    return err;
}

static void bind_blob(sqlite3_stmt *stmt, int n, const struct blob *b,
                      size_t len_max)
{
    struct view bytes = blob_view(b);

    ASSERT(bytes.len <= len_max); /* or it could not be read again */
    sqlite_bind_view(stmt, n, bytes);
}

/* ---- submits ---- */

/* Which job has this key? ERR_ABSENT  none. */
static enum err find_key(struct sqlite *s, const struct record *rec,
                         struct record_refusal *out, char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_KEY];
    enum err err = ERR_NONE;

    sqlite_bind_view(stmt, 1, view_of(rec->u.job.key.bytes, 16));
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        out->existing.n = (uint64_t)sqlite3_column_int64(stmt, 0);
        out->why = (uint64_t)sqlite3_column_int64(stmt, 1) == rec->u.job.hash
                       ? ERR_EXISTS
                       : ERR_CONFLICT;
    } else if (rc == SQLITE_DONE) {
        err = ERR_ABSENT;
    } else {
        err = sqlite_error(s->writer, rc, errmsg);
    }
    sqlite_done(stmt);
    return err;
}

static enum err refuse_job(struct sqlite *s, const struct record *rec,
                           struct store_report *report, char *errmsg)
{
    struct record_refusal refusal = { .id = rec->u.job.id };
    enum err err = find_key(s, rec, &refusal, errmsg);

    if (err == ERR_ABSENT)
        refusal.why = ERR_FULL;
    else if (err != ERR_NONE)
        return err;
    store_report_add(report, refusal);
    left_out_add(&s->left_out, refusal.id);
    return ERR_NONE;
}

static enum err write_job(struct sqlite *s, const struct record *rec,
                          struct store_report *report, char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_JOB];

    ASSERT(rec->u.job.id.n >= 1 && rec->u.job.id.n <= JOB_ID_MAX);
    ASSERT(rec->u.job.n >= 1 && rec->u.job.n <= ELEM_MAX);
    ASSERT_IF(!rec->u.job.array, rec->u.job.n == 1);
    sqlite_bind_u64(stmt, 1, rec->u.job.id.n);
    sqlite_bind_int(stmt, 2, rec->u.job.at_ms);
    sqlite_bind_view(stmt, 3, view_of(rec->u.job.key.bytes, 16));
    sqlite_bind_u64(stmt, 4, rec->u.job.hash);
    sqlite_bind_int(stmt, 5, rec->u.job.kind);
    sqlite_bind_int(stmt, 6, rec->u.job.array);
    sqlite_bind_int(stmt, 7, rec->u.job.n);
    sqlite_bind_int(stmt, 8, rec->u.job.first);
    sqlite_bind_int(stmt, 9, rec->u.job.step);
    bind_blob(stmt, 10, rec->u.job.name, NAME_LEN_MAX);
    bind_blob(stmt, 11, rec->u.job.fn, NAME_LEN_MAX);
    bind_blob(stmt, 12, rec->u.job.policy, POLICY_LEN_MAX);
    bind_blob(stmt, 13, rec->u.job.spec, SPEC_LEN_MAX);
    bind_blob(stmt, 14, rec->u.job.items, ITEMS_LEN_MAX);
    enum err err = write_step(s, WRITE_JOB, errmsg);
    if (err == ERR_NONE && sqlite3_changes(s->writer) == 0)
        return refuse_job(s, rec, report, errmsg);
    s->n_jobs++;
    return err;
}

/* ---- the other records ---- */

static enum err write_outcome(struct sqlite *s, const struct record *rec,
                              char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_OUTCOME];

    ASSERT(state_is_terminal(rec->u.outcome.state));
    ASSERT(rec->u.outcome.ref.elem >= 1);
    sqlite_bind_u64(stmt, 1, task_pack(rec->u.outcome.ref));
    sqlite_bind_int(stmt, 2, rec->u.outcome.state);
    sqlite_bind_int(stmt, 3, rec->u.outcome.at_ms);
    sqlite_bind_int(stmt, 4, rec->u.outcome.started_ms);
    bind_blob(stmt, 5, rec->u.outcome.body, FRAME_LEN_MAX);
    return write_step(s, WRITE_OUTCOME, errmsg);
}

static enum err write_attempt(struct sqlite *s, const struct record *rec,
                              char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_ATTEMPT];

    ASSERT(rec->u.attempt.ref.elem >= 1 && rec->u.attempt.tries >= 1);
    ASSERT(rec->u.attempt.blame >= BLAME_FAILED &&
           rec->u.attempt.blame < BLAME_COUNT);
    sqlite_bind_u64(stmt, 1, task_pack(rec->u.attempt.ref));
    sqlite_bind_int(stmt, 2, rec->u.attempt.tries);
    sqlite_bind_int(stmt, 3, rec->u.attempt.blame);
    sqlite_bind_int(stmt, 4, rec->u.attempt.at_ms);
    sqlite_bind_int(stmt, 5, rec->u.attempt.again_ms);
    sqlite_bind_u64(stmt, 6, rec->u.attempt.attempt.epoch);
    sqlite_bind_u64(stmt, 7, rec->u.attempt.attempt.n);
    bind_blob(stmt, 8, rec->u.attempt.body, FRAME_LEN_MAX);
    return write_step(s, WRITE_ATTEMPT, errmsg);
}

static enum err write_cancel(struct sqlite *s, const struct record *rec,
                             char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_CANCEL];

    sqlite_bind_u64(stmt, 1, rec->u.cancel.id.n);
    sqlite_bind_int(stmt, 2, rec->u.cancel.first);
    sqlite_bind_int(stmt, 3, rec->u.cancel.last);
    sqlite_bind_int(stmt, 4, rec->u.cancel.state);
    sqlite_bind_int(stmt, 5, rec->u.cancel.at_ms);
    bind_blob(stmt, 6, rec->u.cancel.reason, TEXT_LEN_MAX);
    return write_step(s, WRITE_CANCEL, errmsg);
}

static enum err write_end(struct sqlite *s, const struct record *rec,
                          char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_END];
    const struct counts *counts = &rec->u.end.counts;

    ASSERT(counts->running == 0 && counts->retrying == 0);
    sqlite_bind_u64(stmt, 1, rec->u.end.id.n);
    sqlite_bind_int(stmt, 2, rec->u.end.at_ms);
    sqlite_bind_int(stmt, 3, counts->n);
    sqlite_bind_int(stmt, 4, counts->done);
    sqlite_bind_int(stmt, 5, counts->failed);
    sqlite_bind_int(stmt, 6, counts->cancelled);
    sqlite_bind_int(stmt, 7, counts->expired);
    sqlite_bind_int(stmt, 8, counts->lost);
    return write_step(s, WRITE_END, errmsg);
}

static enum err write_mark(struct sqlite *s, const char *name, uint64_t value,
                           char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_MARK];
    int rc = sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);

    ASSERT(rc == SQLITE_OK);
    sqlite_bind_u64(stmt, 2, value);
    return write_step(s, WRITE_MARK, errmsg);
}

static enum err write_worker(struct sqlite *s, enum sqlite_write which,
                             const struct record *rec, char *errmsg)
{
    sqlite3_stmt *stmt = s->write[which];

    sqlite_bind_view(stmt, 1, view_of(rec->u.worker.boot.bytes, 16));
    if (which == WRITE_WORKER_UP) {
        sqlite_bind_int(stmt, 2, rec->u.worker.at_ms);
        bind_blob(stmt, 3, rec->u.worker.name, NAME_LEN_MAX);
    }
    return write_step(s, which, errmsg);
}

static enum err write_record(struct sqlite *s, const struct record *rec,
                             bool submits, struct store_report *report,
                             char *errmsg)
{
    if (left_out_has(&s->left_out, record_job(rec)))
        return ERR_NONE;
    switch (rec->type) {
    case RECORD_JOB:
        return submits ? write_job(s, rec, report, errmsg)
                       : refuse_job(s, rec, report, errmsg);
    case RECORD_OUTCOME:
        return write_outcome(s, rec, errmsg);
    case RECORD_ATTEMPT:
        return write_attempt(s, rec, errmsg);
    case RECORD_CANCEL:
        return write_cancel(s, rec, errmsg);
    case RECORD_END:
        return write_end(s, rec, errmsg);
    case RECORD_IDS:
        return write_mark(s, "ids", rec->u.mark.upto, errmsg);
    case RECORD_LOW_WATER:
        return write_mark(s, "low_water", rec->u.mark.upto, errmsg);
    case RECORD_WORKER_UP:
        return write_worker(s, WRITE_WORKER_UP, rec, errmsg);
    case RECORD_WORKER_GONE:
        return write_worker(s, WRITE_WORKER_GONE, rec, errmsg);
    case RECORD_EPOCH:
        break;
    }
    UNREACHABLE("a record that is only played back");
}

/* ---- batches ---- */

/* Write all of it or nothing. On an error the report is empty and no job more
 * is left out than before. */
static enum err write_batch(struct sqlite *s, const struct records *batch,
                            bool submits, struct store_report *report,
                            char *errmsg)
{
    uint64_t n_jobs = s->n_jobs;
    enum err err = write_step(s, WRITE_BEGIN, errmsg);

    for (size_t i = 0; i < batch->n && err == ERR_NONE; i++)
        err = write_record(s, &batch->at[i], submits, report, errmsg);
    if (err == ERR_NONE && s->n_jobs != n_jobs)
        err = write_mark(s, "jobs", s->n_jobs, errmsg);
    if (err == ERR_NONE)
        err = write_step(s, WRITE_COMMIT, errmsg);
    if (err == ERR_NONE)
        return ERR_NONE;
    if (!sqlite3_get_autocommit(s->writer)) /* some errors did it already */
        write_step(s, WRITE_ROLLBACK, NULL);
    s->n_jobs = n_jobs;
    left_out_undo(&s->left_out, report);
    store_report_fini(report);
    return err;
}

/* Nothing more is said about jobs below the low water. */
static void forget_left_out(struct sqlite *s, const struct records *batch)
{
    for (size_t i = 0; i < batch->n; i++)
        if (batch->at[i].type == RECORD_LOW_WATER)
            left_out_prune(&s->left_out, batch->at[i].u.mark.upto);
}

/* While the ballast is not whole the disk counts as full: what it set free is
 * for outcomes only. */
enum err sqlite_commit(struct store *store, const struct records *batch,
                       struct store_report *report, char *errmsg)
{
    struct sqlite *s = (struct sqlite *)store;
    bool submits = ballast_build(&s->ballast);
    enum err err = write_batch(s, batch, submits, report, errmsg);

    if (err ==
        ERR_FULL) { /* the space of a WAL that was copied is used again */
        err = sqlite_wal_checkpoint(s, SQLITE_CHECKPOINT_PASSIVE, errmsg);
        if (err == ERR_NONE)
            err = write_batch(s, batch, false, report, errmsg);
    }
    if (err == ERR_FULL && ballast_release(&s->ballast))
        err = write_batch(s, batch, false, report, errmsg);
    s->n_written += batch->n;
    if (err == ERR_NONE)
        forget_left_out(s, batch);
    else if (err != ERR_FULL)
        s->suspect = true;
    return err;
}
