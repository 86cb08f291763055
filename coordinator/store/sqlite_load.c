/* SPDX-License-Identifier: MIT */
/* sqlite_load - begin a life and play back unfinished jobs.
 *
 * Jobs, outcomes, cancels and ends are each walked once, in the order of ids,
 * and merged: a million unfinished jobs cost a million steps and no look-ups.
 */
#include "coordinator/store/sqlite_impl.h"
#include "libcommon/check.h"

/* A walk through a table, one row ahead. */
struct table_walk {
    sqlite3_stmt *stmt;
    const struct sqlite_table *table;
    struct record rec; /* of the current row */
    bool over;
};

struct loading {
    struct sqlite *s;
    void (*each)(void *arg, struct record *rec);
    void *arg;
    char *errmsg;
    uint64_t ids, low_water;
    int64_t uncounted_ms;
    sqlite3_stmt *jobs;
    struct table_walk outcomes, attempts, cancels, ends;
};

static enum err damaged(struct loading *l)
{
    return sqlite_error(l->s->writer, SQLITE_CORRUPT, l->errmsg);
}

static void play(struct loading *l, struct record *rec)
{
    l->each(l->arg, rec);
    record_fini(rec);
}

/* ---- walks ---- */

static enum err walk_next(struct loading *l, struct table_walk *w)
{
    record_fini(&w->rec);
    w->rec = (struct record){ 0 };
    enum err err = sqlite_row_next(w->stmt, w->table, &w->rec, l->errmsg);
    w->over = err == ERR_EXHAUSTED;
    return w->over ? ERR_NONE : err;
}

static enum err walk_begin(struct loading *l, struct table_walk *w,
                           const char *sql, uint64_t from,
                           const struct sqlite_table *table)
{
    enum err err = sqlite_prepare(l->s->writer, sql, &w->stmt, l->errmsg);

    if (err != ERR_NONE)
        return err;
    sqlite_bind_u64(w->stmt, 1, from);
    w->table = table;
    return walk_next(l, w);
}

static void walk_fini(struct table_walk *w)
{
    record_fini(&w->rec);
    sqlite3_finalize(w->stmt);
}

/* Is the current row about this job? */
static bool walk_is_at(const struct table_walk *w, job_id id)
{
    return !w->over && record_job(&w->rec).n == id.n;
}

/* Skip the rows of earlier jobs. */
static enum err walk_to(struct loading *l, struct table_walk *w, job_id id)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !w->over && record_job(&w->rec).n < id.n)
        err = walk_next(l, w);
    return err;
}

/* ---- jobs ---- */

static enum err play_outcomes(struct loading *l, job_id id, uint32_t n)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && walk_is_at(&l->outcomes, id)) {
        if (l->outcomes.rec.u.outcome.task.elem > n)
            return damaged(l);
        play(l, &l->outcomes.rec);
        err = walk_next(l, &l->outcomes);
    }
    return err;
}

static enum err play_cancels(struct loading *l, job_id id)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && walk_is_at(&l->cancels, id)) {
        play(l, &l->cancels.rec);
        err = walk_next(l, &l->cancels);
    }
    return err;
}

static enum err play_attempts(struct loading *l, job_id id, uint32_t n)
{
    enum err err = ERR_NONE;

    while (err == ERR_NONE && walk_is_at(&l->attempts, id)) {
        if (l->attempts.rec.u.attempt.task.elem > n)
            return damaged(l);
        play(l, &l->attempts.rec);
        err = walk_next(l, &l->attempts);
    }
    return err;
}

/* The current job has not ended. */
static enum err play_job(struct loading *l)
{
    struct record job;
    enum err err = sqlite_row_read(l->jobs, &sqlite_jobs, &job, l->errmsg);

    if (err != ERR_NONE)
        return err;
    job_id id = job.u.job.id;
    uint32_t n = job.u.job.n;
    if (id.n >= l->ids) {
        record_fini(&job);
        return damaged(l);
    }
    play(l, &job);
    err = play_outcomes(l, id, n);
    if (err == ERR_NONE)
        err = play_attempts(l, id, n);
    if (err == ERR_NONE)
        err = play_cancels(l, id);
    return err;
}

/* Rows of jobs that have ended are not decoded: below a job that runs for long
 * there may be many. */
static enum err play_unless_ended(struct loading *l)
{
    job_id id = { (uint64_t)sqlite3_column_int64(l->jobs, ROW_JOB_id) };
    bool array = sqlite3_column_int(l->jobs, ROW_JOB_array) != 0;
    enum err err = walk_to(l, &l->outcomes, id);

    if (err == ERR_NONE)
        err = walk_to(l, &l->attempts, id);
    if (err == ERR_NONE)
        err = walk_to(l, &l->ends, id);
    if (err == ERR_NONE)
        err = walk_to(l, &l->cancels, id);
    if (err != ERR_NONE || walk_is_at(array ? &l->ends : &l->outcomes, id))
        return err;
    return play_job(l);
}

static enum err play_jobs(struct loading *l)
{
    sqlite3 *db = l->s->writer;
    int rc = SQLITE_DONE;
    enum err err;

    err = walk_begin(l, &l->outcomes,
                     "select " ROW_OUTCOME ", null from outcome"
                     " where ref >= ?1 << 24 order by ref",
                     l->low_water, &sqlite_outcomes);
    if (err == ERR_NONE)
        err = walk_begin(l, &l->attempts,
                         "select " ROW_ATTEMPT ", null from attempt"
                         " where ref >= ?1 << 24 order by ref, tries",
                         l->low_water, &sqlite_attempts);
    if (err == ERR_NONE)
        err = walk_begin(l, &l->cancels,
                         "select " ROW_CANCEL " from cancel where job >= ?1"
                         " order by job, seq",
                         l->low_water, &sqlite_cancels);
    if (err == ERR_NONE)
        err = walk_begin(l, &l->ends,
                         "select " ROW_END " from job_end where id >= ?1"
                         " order by id",
                         l->low_water, &sqlite_ends);
    if (err == ERR_NONE)
        err = sqlite_prepare(db,
                             "select " ROW_JOB_ALL " from job"
                             " where id >= ?1 order by id",
                             &l->jobs, l->errmsg);
    if (err != ERR_NONE)
        return err;
    sqlite_bind_u64(l->jobs, 1, l->low_water);
    while (err == ERR_NONE && (rc = sqlite3_step(l->jobs)) == SQLITE_ROW)
        err = play_unless_ended(l);
    if (err == ERR_NONE && rc != SQLITE_DONE)
        err = sqlite_error(db, rc, l->errmsg);
    return err;
}

/* ---- records in front of the jobs ---- */

static enum err play_mark(struct loading *l, enum record_type type,
                          const char *sql, uint64_t *out)
{
    int64_t upto = 0;
    enum err err = sqlite_query_int(l->s->writer, sql, &upto, l->errmsg);

    if (err == ERR_NONE && (upto < 1 || upto > (int64_t)JOB_ID_MAX + 1))
        err = damaged(l);
    if (err != ERR_NONE)
        return err;
    *out = (uint64_t)upto;
    play(l, &(struct record){ .type = type, .u.mark.upto = *out });
    return ERR_NONE;
}

static enum err play_marks(struct loading *l)
{
    uint64_t epoch;
    enum err err = play_mark(
        l, RECORD_EPOCH, "select value from meta where name = 'epoch'", &epoch);

    if (err == ERR_NONE) {
        play(l, &(struct record){
                    .type = RECORD_CLOCK,
                    .u.clock = { l->s->lived.ms - l->s->lived.at.boot_ms,
                                 l->uncounted_ms } });
        err = play_mark(l, RECORD_IDS,
                        "select value from meta where name = 'ids'", &l->ids);
    }
    if (err == ERR_NONE)
        err = play_mark(l, RECORD_LOW_WATER,
                        "select value from meta where name = 'low_water'",
                        &l->low_water);
    return err;
}

static enum err play_workers(struct loading *l)
{
    sqlite3_stmt *stmt = NULL;
    struct record rec;
    enum err err = sqlite_prepare(
        l->s->writer, "select " ROW_WORKER " from worker order by boot", &stmt,
        l->errmsg);

    while (err == ERR_NONE) {
        err = sqlite_row_next(stmt, &sqlite_workers, &rec, l->errmsg);
        if (err == ERR_NONE)
            play(l, &rec);
    }
    sqlite3_finalize(stmt);
    return err == ERR_EXHAUSTED ? ERR_NONE : err;
}

/* Counts that only the store itself needs. */
static enum err load_counts(struct sqlite *s, char *errmsg)
{
    int64_t jobs = 0, sweep = 0;
    enum err err = sqlite_query_int(
        s->writer, "select value from meta where name = 'jobs'", &jobs, errmsg);

    if (err == ERR_NONE)
        err = sqlite_query_int(s->writer,
                               "select value from meta where name = 'sweep'",
                               &sweep, errmsg);
    s->n_jobs = (uint64_t)jobs;
    s->retain.sweep = (uint64_t)sweep;
    return err;
}

static enum err begin_life(struct loading *l, const struct moment *now)
{
    struct sqlite *s = l->s;
    enum err err = sqlite_lived_read(s, l->errmsg);

    if (err != ERR_NONE)
        return err;
    l->uncounted_ms = lived_begin(&s->lived, now, s->retain.rule.trust_wall);
    err = sqlite_lived_write(s, &s->lived, true, l->errmsg);
    if (err == ERR_FULL && ballast_release(&s->ballast))
        err = sqlite_lived_write(s, &s->lived, true, l->errmsg);
    return err;
}

enum err sqlite_load(struct store *store, const struct moment *now,
                     void (*each)(void *arg, struct record *rec), void *arg,
                     char *errmsg)
{
    struct sqlite *s = (struct sqlite *)store;
    struct loading l = { .s = s, .each = each, .arg = arg, .errmsg = errmsg };
    enum err err;

    left_out_fini(&s->left_out);
    err = begin_life(&l, now);
    if (err == ERR_NONE)
        err = load_counts(s, errmsg);
    if (err == ERR_NONE)
        err = play_marks(&l);
    if (err == ERR_NONE)
        err = play_workers(&l);
    if (err == ERR_NONE)
        err = play_jobs(&l);
    sqlite3_finalize(l.jobs);
    walk_fini(&l.outcomes);
    walk_fini(&l.attempts);
    walk_fini(&l.cancels);
    walk_fini(&l.ends);
    return err;
}
