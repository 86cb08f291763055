/* SPDX-License-Identifier: MIT */
/* sqlite_read - answers to queries, on a connection of their own.
 *
 * A read transaction that stays open keeps the WAL from being used again, so
 * each is bounded and ended before its function returns.
 */
#include "coordinator/store/sqlite_impl.h"
#include "libcommon/check.h"

/* Ids that are looked at in one read transaction. */
#define WINDOW (UINT64_C(1) << 16)

const char *const sqlite_read_sql[READ_COUNT] = {
    [READ_BEGIN] = "begin",
    [READ_COMMIT] = "commit",
    [READ_JOBS] = "select " ROW_JOB ","
                  " case when ?4 then spec end, case when ?4 then items end"
                  " from job where id >= ?1 and id < ?2"
                  " and (?3 is null or coalesce(name, x'') = ?3)"
                  " order by id desc",
    [READ_CANCELS] =
        "select " ROW_CANCEL " from cancel where job = ?1 order by seq",
    [READ_END] = "select " ROW_END " from job_end where id = ?1",
    [READ_OUTCOMES] = "select " ROW_OUTCOME_ALL " from outcome"
                      " where ref >= ?1 and ref <= ?2 order by ref",
    [READ_ENDED] = "select " ROW_OUTCOME ", null from outcome where ref = ?1",
    [READ_ATTEMPTS] = "select " ROW_ATTEMPT_ALL " from attempt"
                      " where ref >= ?1 and ref <= ?2 order by ref, tries",
    [READ_PIECES] = "select " ROW_PIECE_ALL " from piece"
                    " where ref = ?1 and stream = ?2 and at > ?3"
                    " and at + len > ?4 and epoch = ?5 and attempt = ?6"
                    " order by at",
};

/* All rows of a statement that was bound. */
static enum err read_all(sqlite3_stmt *stmt, const struct sqlite_table *table,
                         struct records *out, char *errmsg)
{
    struct record rec;
    enum err err;

    while ((err = sqlite_row_next(stmt, table, &rec, errmsg)) == ERR_NONE)
        records_add(out, rec);
    sqlite_done(stmt);
    return err == ERR_EXHAUSTED ? ERR_NONE : err;
}

static enum err read_by_job(struct sqlite *s, enum sqlite_read which,
                            const struct sqlite_table *table, job_id id,
                            struct records *out, char *errmsg)
{
    sqlite_bind_u64(s->read[which], 1, id.n);
    return read_all(s->read[which], table, out, errmsg);
}

static void bind_refs(sqlite3_stmt *stmt, job_id id, uint32_t first,
                      uint32_t last)
{
    sqlite_bind_u64(stmt, 1, task_pack((struct task_id){ id, first }));
    sqlite_bind_u64(stmt, 2, task_pack((struct task_id){ id, last }));
}

static void records_cut(struct records *r, size_t n)
{
    while (r->n > n)
        record_fini(&r->at[--r->n]);
}

/* ---- jobs ---- */

struct read_limit {
    uint32_t n;   /* jobs or outcomes so far */
    size_t bytes; /* of them */
    bool ended;   /* a limit was met */
};

/* The records that follow a RECORD_JOB. */
static enum err read_job_rest(struct sqlite *s, job_id id, bool array,
                              struct records *out, char *errmsg)
{
    enum err err =
        read_by_job(s, READ_CANCELS, &sqlite_cancels, id, out, errmsg);

    if (err != ERR_NONE)
        return err;
    if (array)
        return read_by_job(s, READ_END, &sqlite_ends, id, out, errmsg);
    sqlite_bind_u64(s->read[READ_ENDED], 1,
                    task_pack((struct task_id){ id, 1 }));
    return read_all(s->read[READ_ENDED], &sqlite_outcomes, out, errmsg);
}

static enum err read_job(struct sqlite *s, const struct query *q,
                         struct record *job, struct read_limit *limit,
                         struct records *out, char *errmsg)
{
    size_t start = out->n;
    job_id id = job->u.job.id;
    bool array = job->u.job.array;

    records_add(out, *job); /* takes its blobs */
    enum err err = read_job_rest(s, id, array, out, errmsg);
    for (size_t i = start; i < out->n; i++)
        limit->bytes += record_bytes(&out->at[i]);
    if (limit->n > 0 && q->max_bytes > 0 && limit->bytes > q->max_bytes) {
        records_cut(out, start);
        limit->ended = true;
        return err;
    }
    limit->ended = ++limit->n == q->max;
    return err;
}

/* Jobs with lowest <= id < below. */
static enum err read_window(struct sqlite *s, const struct query *q,
                            uint64_t lowest, uint64_t below,
                            struct read_limit *limit, struct records *out,
                            char *errmsg)
{
    sqlite3_stmt *stmt = s->read[READ_JOBS];
    struct view name = blob_view(q->name);
    struct record job;
    enum err err = ERR_NONE;

    sqlite_bind_u64(stmt, 1, lowest);
    sqlite_bind_u64(stmt, 2, below);
    if (q->name != NULL && name.len == 0)
        sqlite3_bind_zeroblob(stmt, 3, 0);
    else
        sqlite_bind_view(stmt, 3, name);
    sqlite_bind_int(stmt, 4, q->full);
    while (err == ERR_NONE && !limit->ended) {
        err = sqlite_row_next(stmt, &sqlite_jobs, &job, errmsg);
        if (err == ERR_NONE)
            err = read_job(s, q, &job, limit, out, errmsg);
    }
    sqlite_done(stmt);
    return err == ERR_EXHAUSTED ? ERR_NONE : err;
}

static enum err read_begin(struct sqlite *s, char *errmsg)
{
    int rc = sqlite3_step(s->read[READ_BEGIN]);

    sqlite_done(s->read[READ_BEGIN]);
    return rc == SQLITE_DONE ? ERR_NONE : sqlite_error(s->reader, rc, errmsg);
}

/* Nothing was written, so there is nothing that could fail. */
static void read_end(struct sqlite *s)
{
    if (!sqlite3_get_autocommit(s->reader))
        sqlite3_step(s->read[READ_COMMIT]);
    sqlite_done(s->read[READ_COMMIT]);
}

/* The newest id, so that a query for all jobs looks only at ids that exist. */
static enum err read_newest(struct sqlite *s, uint64_t *out, char *errmsg)
{
    int64_t newest = 0;
    enum err err = sqlite_query_int(
        s->reader, "select coalesce(max(id), 0) from job", &newest, errmsg);

    *out = (uint64_t)newest;
    return err;
}

static enum err read_jobs(struct sqlite *s, const struct query *q,
                          struct records *out, char *errmsg)
{
    struct read_limit limit = { .ended = q->max == 0 };
    uint64_t below = q->below.n, newest;
    enum err err = read_newest(s, &newest, errmsg);

    if (below > newest)
        below = newest + 1;
    while (err == ERR_NONE && !limit.ended && below > q->lowest.n) {
        uint64_t lowest =
            below - q->lowest.n > WINDOW ? below - WINDOW : q->lowest.n;
        err = read_begin(s, errmsg);
        if (err == ERR_NONE)
            err = read_window(s, q, lowest, below, &limit, out, errmsg);
        read_end(s);
        below = lowest;
    }
    return err;
}

/* ---- outcomes, attempts and pieces ---- */

/* Rows of a statement that was bound, as many as the query allows. */
static enum err read_page(sqlite3_stmt *stmt, const struct sqlite_table *table,
                          const struct query *q, struct records *out,
                          char *errmsg)
{
    struct record rec;
    size_t bytes = 0;
    enum err err = ERR_NONE;

    for (uint32_t n = 0; n < q->max; n++) {
        if (n > 0 && q->max_bytes > 0 && bytes >= q->max_bytes)
            break;
        err = sqlite_row_next(stmt, table, &rec, errmsg);
        if (err != ERR_NONE)
            break;
        bytes += record_bytes(&rec);
        records_add(out, rec);
    }
    sqlite_done(stmt);
    return err == ERR_EXHAUSTED ? ERR_NONE : err;
}

/* Rows of the elements first..last. */
static enum err read_refs(struct sqlite *s, enum sqlite_read which,
                          const struct sqlite_table *table,
                          const struct query *q, uint32_t last,
                          struct records *out, char *errmsg)
{
    sqlite3_stmt *stmt = s->read[which];

    bind_refs(stmt, q->id, q->first, last);
    return read_page(stmt, table, q, out, errmsg);
}

/* The job alone, without spec and items, and the lower of its last element and
 * that of the query in *last; 0: no such job. */
static enum err read_head(struct sqlite *s, const struct query *q,
                          struct records *out, uint32_t *last, char *errmsg)
{
    size_t start = out->n;
    sqlite3_stmt *stmt = s->read[READ_JOBS];
    enum err err;

    *last = 0;
    if (q->id.n > JOB_ID_MAX)
        return ERR_NONE;
    sqlite_bind_u64(stmt, 1, q->id.n);
    sqlite_bind_u64(stmt, 2, q->id.n + 1);
    sqlite_bind_int(stmt, 4, 0); /* not full */
    err = read_all(stmt, &sqlite_jobs, out, errmsg);
    if (err != ERR_NONE || out->n == start)
        return err;
    uint32_t n = out->at[start].u.job.n;
    *last = q->last < n ? q->last : n;
    return ERR_NONE;
}

static enum err read_outcomes(struct sqlite *s, const struct query *q,
                              struct records *out, char *errmsg)
{
    size_t start = out->n;
    uint32_t last;
    enum err err = read_head(s, q, out, &last, errmsg);

    if (err != ERR_NONE || out->n == start)
        return err;
    err = read_by_job(s, READ_CANCELS, &sqlite_cancels, q->id, out, errmsg);
    if (err == ERR_NONE)
        err = read_by_job(s, READ_END, &sqlite_ends, q->id, out, errmsg);
    if (err == ERR_NONE && q->first <= last)
        err =
            read_refs(s, READ_OUTCOMES, &sqlite_outcomes, q, last, out, errmsg);
    return err;
}

static enum err read_attempts(struct sqlite *s, const struct query *q,
                              struct records *out, char *errmsg)
{
    uint32_t last;
    enum err err = read_head(s, q, out, &last, errmsg);

    if (err == ERR_NONE && q->first <= last)
        err =
            read_refs(s, READ_ATTEMPTS, &sqlite_attempts, q, last, out, errmsg);
    return err;
}

static enum err read_pieces(struct sqlite *s, const struct query *q,
                            struct records *out, char *errmsg)
{
    sqlite3_stmt *stmt = s->read[READ_PIECES];
    int64_t offset = q->offset > INT64_MAX ? INT64_MAX : (int64_t)q->offset;
    uint32_t last;
    enum err err = read_head(s, q, out, &last, errmsg);

    if (err != ERR_NONE || q->first > last)
        return err;
    sqlite_bind_u64(stmt, 1, task_pack((struct task_id){ q->id, q->first }));
    sqlite_bind_int(stmt, 2, q->stream);
    sqlite_bind_int(stmt, 3, offset - PIECE_LEN_MAX);
    sqlite_bind_int(stmt, 4, offset);
    sqlite_bind_u64(stmt, 5, q->attempt.epoch);
    sqlite_bind_u64(stmt, 6, q->attempt.n);
    return read_page(stmt, &sqlite_pieces, q, out, errmsg);
}

static enum err read_of_job(struct sqlite *s, const struct query *q,
                            struct records *out, char *errmsg)
{
    switch (q->type) {
    case QUERY_OUTCOMES:
        return read_outcomes(s, q, out, errmsg);
    case QUERY_ATTEMPTS:
        return read_attempts(s, q, out, errmsg);
    case QUERY_PIECES:
        return read_pieces(s, q, out, errmsg);
    case QUERY_JOBS:
        break;
    }
    UNREACHABLE("a query about one job");
}

enum err sqlite_read(struct store *store, const struct query *q,
                     struct records *out, char *errmsg)
{
    struct sqlite *s = (struct sqlite *)store;
    enum err err;

    if (q->type == QUERY_JOBS)
        return read_jobs(s, q, out, errmsg);
    err = read_begin(s, errmsg);
    if (err == ERR_NONE)
        err = read_of_job(s, q, out, errmsg);
    read_end(s);
    return err;
}
