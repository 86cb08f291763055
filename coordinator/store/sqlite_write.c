/* SPDX-License-Identifier: MIT */
/* sqlite_write - a batch of records as one transaction. */
#include "coordinator/store/sqlite_impl.h"
#include "libcommon/check.h"

const char *const sqlite_write_sql[WRITE_COUNT] = {
    [WRITE_BEGIN] = "begin immediate",
    [WRITE_COMMIT] = "commit",
    [WRITE_ROLLBACK] = "rollback",
    [WRITE_JOB] = "insert into job(" ROW_JOB_ALL ") values(" ROW_JOB_MARKS ")"
                  " on conflict(key) do nothing",
    [WRITE_KEY] = "select id, hash from job where key = ?1",
    [WRITE_OUTCOME] = "insert into outcome(" ROW_OUTCOME_ALL ")"
                      " values(" ROW_OUTCOME_MARKS ")",
    [WRITE_ATTEMPT] = "insert or replace into attempt(" ROW_ATTEMPT_ALL ")"
                      " values(" ROW_ATTEMPT_MARKS ")",
    [WRITE_PIECE] = "insert or replace into piece(" ROW_PIECE_ALL ")"
                    " values(" ROW_PIECE_MARKS ")",
    [WRITE_CANCEL] = "insert into cancel(" ROW_CANCEL ", seq)"
                     " values(" ROW_CANCEL_MARKS ", (select"
                     " coalesce(max(seq), 0) + 1 from cancel where job = ?1))",
    [WRITE_END] = "insert into job_end(" ROW_END ") values(" ROW_END_MARKS ")",
    [WRITE_MARK] = "update meta set value = ?2 where name = ?1",
    [WRITE_LIVED] =
        "update meta set value = case name when 'epoch' then value + ?1"
        " when 'lived' then ?2 when 'lived_machine' then ?3"
        " when 'lived_boot' then ?4 else ?5 end where name in"
        " ('epoch', 'lived', 'lived_machine', 'lived_boot', 'lived_wall')",
    [WRITE_WORKER_UP] = "insert or replace into worker(" ROW_WORKER ")"
                        " values(" ROW_WORKER_MARKS ")",
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

/* A record as one row. */
static enum err write_row(struct sqlite *s, enum sqlite_write which,
                          const struct sqlite_table *table,
                          const struct record *rec, char *errmsg)
{
    sqlite_row_bind(s->write[which], table, rec);
    return write_step(s, which, errmsg);
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
    enum err err = write_row(s, WRITE_JOB, &sqlite_jobs, rec, errmsg);

    if (err == ERR_NONE && sqlite3_changes(s->writer) == 0)
        return refuse_job(s, rec, report, errmsg);
    s->n_jobs++;
    return err;
}

/* ---- the other records ---- */

static enum err write_mark(struct sqlite *s, const char *name, uint64_t value,
                           char *errmsg)
{
    sqlite3_stmt *stmt = s->write[WRITE_MARK];
    int rc = sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);

    ASSERT(rc == SQLITE_OK);
    sqlite_bind_u64(stmt, 2, value);
    return write_step(s, WRITE_MARK, errmsg);
}

static enum err write_worker_gone(struct sqlite *s, boot_id boot, char *errmsg)
{
    sqlite_bind_view(s->write[WRITE_WORKER_GONE], 1,
                     view_of(boot.bytes, sizeof boot.bytes));
    return write_step(s, WRITE_WORKER_GONE, errmsg);
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
        return write_row(s, WRITE_OUTCOME, &sqlite_outcomes, rec, errmsg);
    case RECORD_ATTEMPT:
        return write_row(s, WRITE_ATTEMPT, &sqlite_attempts, rec, errmsg);
    case RECORD_PIECE:
        if (submits)
            return write_row(s, WRITE_PIECE, &sqlite_pieces, rec, errmsg);
        report->pieces_left_out = true;
        return ERR_NONE;
    case RECORD_CANCEL:
        return write_row(s, WRITE_CANCEL, &sqlite_cancels, rec, errmsg);
    case RECORD_END:
        return write_row(s, WRITE_END, &sqlite_ends, rec, errmsg);
    case RECORD_IDS:
        return write_mark(s, "ids", rec->u.mark.upto, errmsg);
    case RECORD_LOW_WATER:
        return write_mark(s, "low_water", rec->u.mark.upto, errmsg);
    case RECORD_WORKER_UP:
        return write_row(s, WRITE_WORKER_UP, &sqlite_workers, rec, errmsg);
    case RECORD_WORKER_GONE:
        return write_worker_gone(s, rec->u.worker.boot, errmsg);
    case RECORD_EPOCH:
    case RECORD_CLOCK:
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

/* While the ballast is not whole the disk counts as full: the space it set free
 * is for outcomes only. */
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
