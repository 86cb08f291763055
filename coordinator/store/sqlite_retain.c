/* SPDX-License-Identifier: MIT */
/* sqlite_retain - removes jobs that were kept long enough, a few rows at a
 * time.
 *
 * A pass goes through the jobs in the order of their ids, which is that of
 * their submits, and ends at the first job that is too young to be due: it only
 * looks at jobs that outlive the rest. The row of a job goes first, and then no
 * reader sees the job any more; the rows that belong to it follow, in later
 * steps when they are many (meta `sweep` names the job meanwhile). The pages
 * are used again by the next writes, so the file stops growing.
 *
 * A removal need not be durable: it is synced with the commit that follows.
 */
#include "coordinator/core/model/job.h"
#include "coordinator/store/sqlite_impl.h"
#include "proto/counts.h"

#define PIECE_WEIGHT 16   /* rows that a piece counts for: it has many pages */
#define STEP_ROWS 256     /* in one step at least, jobs looked at included */
#define REST_MAX_MS 60000 /* between two passes */
#define REST_MIN_MS 1000

const char *const sqlite_retain_sql[RETAIN_COUNT] = {
    [RETAIN_NEXT] =
        "select j.id, j.lived, j.array, o.state, o.lived, e.lived, e.failed, "
        "e.lost,"
        " e.expired, e.cancelled from job j"
        " left join outcome o on j.array = 0 and o.ref = (j.id << 24) + 1"
        " left join job_end e on j.array = 1 and e.id = j.id"
        " where j.id > ?1 order by j.id limit 1",
    [RETAIN_BYTES] = "select (select page_count from pragma_page_count)"
                     " - (select freelist_count from pragma_freelist_count)",
    [RETAIN_JOB] = "delete from job where id = ?1",
    [RETAIN_OUTCOMES] =
        "delete from outcome where ref in (select ref from outcome"
        " where ref between ?1 << 24 and (?1 << 24) + 16777215 limit ?2)",
    [RETAIN_ATTEMPTS] =
        "delete from attempt where (ref, tries) in (select ref, tries"
        " from attempt where ref between ?1 << 24 and (?1 << 24) + 16777215"
        " limit ?2)",
    [RETAIN_PIECES] =
        "delete from piece where rowid in (select rowid from piece"
        " where ref between ?1 << 24 and (?1 << 24) + 16777215 limit ?2)",
    [RETAIN_CANCELS] = "delete from cancel where job = ?1",
    [RETAIN_END] = "delete from job_end where id = ?1",
    [RETAIN_META] = "update meta set value = case name when 'jobs' then ?1"
                    " else ?2 end where name in ('jobs', 'sweep')",
};

/* One step under way. */
struct step {
    struct sqlite *s;
    int64_t now_ms; /* lived */
    int64_t rows;   /* that it may still touch */
    bool over_bytes;
    char *errmsg;
};

static bool is_over(const struct step *t)
{
    const struct retention *rule = &t->s->retain.rule;

    return t->over_bytes ||
           (rule->jobs_max > 0 && t->s->n_jobs > rule->jobs_max);
}

static enum err measure_bytes(struct step *t)
{
    struct sqlite *s = t->s;
    sqlite3_stmt *stmt = s->retain.stmt[RETAIN_BYTES];
    enum err err = ERR_NONE;
    int rc;

    if (s->retain.rule.bytes_max == 0)
        return ERR_NONE;
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        t->over_bytes = (uint64_t)sqlite3_column_int64(stmt, 0) * PAGE_LEN >
                        s->retain.rule.bytes_max;
    else
        err = sqlite_error(s->writer, rc, t->errmsg);
    sqlite_done(stmt);
    return err;
}

/* ---- removing ---- */

/* Run a statement about a job; rows count, each as so many. */
static enum err remove_rows(struct step *t, enum sqlite_retain which,
                            uint64_t id, int64_t weight)
{
    sqlite3_stmt *stmt = t->s->retain.stmt[which];
    enum err err = ERR_NONE;
    int rc;

    sqlite_bind_u64(stmt, 1, id);
    if (sqlite3_bind_parameter_count(stmt) > 1)
        sqlite_bind_int(stmt, 2,
                        t->rows > 0 ? (t->rows + weight - 1) / weight : 0);
    rc = sqlite3_step(stmt);
    if (rc == SQLITE_DONE)
        t->rows -= weight * sqlite3_changes(t->s->writer);
    else
        err = sqlite_error(t->s->writer, rc, t->errmsg);
    sqlite_done(stmt);
    return err;
}

/* Remove rows of a job whose own row is gone, within the limit of this step. */
static enum err sweep(struct step *t, uint64_t id)
{
    enum err err = remove_rows(t, RETAIN_OUTCOMES, id, 1);

    if (err == ERR_NONE)
        err = remove_rows(t, RETAIN_ATTEMPTS, id, 1);
    if (err == ERR_NONE)
        err = remove_rows(t, RETAIN_PIECES, id, PIECE_WEIGHT);
    if (err == ERR_NONE && t->rows > 0)
        err = remove_rows(t, RETAIN_CANCELS, id, 1);
    if (err == ERR_NONE && t->rows > 0)
        err = remove_rows(t, RETAIN_END, id, 1);
    t->s->retain.sweep = t->rows > 0 ? 0 : id;
    return err;
}

static enum err remove_job(struct step *t, uint64_t id)
{
    enum err err = remove_rows(t, RETAIN_JOB, id, 1);

    t->s->n_jobs--;
    if (err == ERR_NONE)
        err = sweep(t, id);
    return err == ERR_NONE && t->over_bytes ? measure_bytes(t) : err;
}

/* ---- looking ---- */

/* Whether the current row of RETAIN_NEXT is a job that has ended long enough
 * ago. */
static bool is_due(const struct step *t, sqlite3_stmt *row)
{
    bool array = sqlite3_column_int(row, 2) != 0;
    int at = array ? 5 : 4;
    struct counts counts = { .failed = (uint32_t)sqlite3_column_int(row, 6),
                             .lost = (uint32_t)sqlite3_column_int(row, 7),
                             .expired = (uint32_t)sqlite3_column_int(row, 8),
                             .cancelled =
                                 (uint32_t)sqlite3_column_int(row, 9) };
    int state = array ? (int)counts_worst(&counts) : sqlite3_column_int(row, 3);

    if (sqlite3_column_type(row, at) != SQLITE_INTEGER ||
        !state_is_terminal((unsigned)state))
        return false; /* it has not ended */
    return retention_is_due(&t->s->retain.rule, (unsigned)state,
                            t->now_ms - sqlite3_column_int64(row, at),
                            is_over(t));
}

static void end_pass(struct step *t)
{
    struct retain *r = &t->s->retain;
    int64_t rest_ms = retention_shortest_ms(&r->rule) / 100;

    if (rest_ms > REST_MAX_MS)
        rest_ms = REST_MAX_MS;
    if (rest_ms < REST_MIN_MS)
        rest_ms = REST_MIN_MS;
    r->at = 0;
    r->rest_until_ms = t->now_ms + rest_ms;
    r->vain_until_ms = is_over(t) ? t->now_ms + REST_MIN_MS : 0;
}

/* Look at the next job. *over: the pass has ended. */
static enum err look(struct step *t, bool *over)
{
    struct retain *r = &t->s->retain;
    sqlite3_stmt *stmt = r->stmt[RETAIN_NEXT];
    int64_t shortest_ms = retention_shortest_ms(&r->rule);
    enum err err = ERR_NONE;
    bool due = false;
    int rc;

    sqlite_bind_u64(stmt, 1, r->at);
    rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        err = sqlite_error(t->s->writer, rc, t->errmsg);
    *over = rc != SQLITE_ROW ||
            (!is_over(t) &&
             t->now_ms - sqlite3_column_int64(stmt, 1) < shortest_ms);
    if (!*over) {
        r->at = (uint64_t)sqlite3_column_int64(stmt, 0);
        due = is_due(t, stmt);
        t->rows--;
    }
    sqlite_done(stmt);
    return due && err == ERR_NONE ? remove_job(t, r->at) : err;
}

static enum err go_through(struct step *t)
{
    struct retain *r = &t->s->retain;
    enum err err = r->sweep == 0 ? ERR_NONE : sweep(t, r->sweep);
    bool over = false;

    while (err == ERR_NONE && t->rows > 0 && !over)
        err = look(t, &over);
    if (err == ERR_NONE && over)
        end_pass(t);
    return err;
}

/* ---- the step ---- */

static enum err keep_count(struct step *t)
{
    sqlite3_stmt *stmt = t->s->retain.stmt[RETAIN_META];
    int rc;

    sqlite_bind_u64(stmt, 1, t->s->n_jobs);
    sqlite_bind_u64(stmt, 2, t->s->retain.sweep);
    rc = sqlite3_step(stmt);
    sqlite_done(stmt);
    return rc == SQLITE_DONE ? ERR_NONE
                             : sqlite_error(t->s->writer, rc, t->errmsg);
}

static enum err transact(struct step *t)
{
    struct sqlite *s = t->s;
    struct retain before = s->retain;
    uint64_t n_jobs = s->n_jobs;
    enum err err = sqlite_run(s->writer, "begin immediate", t->errmsg);

    if (err == ERR_NONE)
        err = go_through(t);
    if (err == ERR_NONE && (s->n_jobs != n_jobs ||
                            s->retain.sweep != before.sweep || before.sweep))
        err = keep_count(t);
    if (err == ERR_NONE)
        err = sqlite_run(s->writer, "commit", t->errmsg);
    if (err == ERR_NONE)
        return ERR_NONE;
    if (!sqlite3_get_autocommit(s->writer))
        sqlite_run(s->writer, "rollback", NULL);
    s->retain = before;
    s->n_jobs = n_jobs;
    return err;
}

static bool has_work(const struct step *t)
{
    struct retain *r = &t->s->retain;

    if (r->sweep != 0 || r->at != 0 || t->now_ms >= r->rest_until_ms)
        return true;
    return is_over(t) && t->now_ms >= r->vain_until_ms;
}

/* A full disk can wait for the mark: the next life asks the clocks then. */
static enum err keep_mark(struct sqlite *s, const struct moment *now,
                          char *errmsg)
{
    struct lived mark = s->lived;
    enum err err;

    if (!lived_mark(&mark, now))
        return ERR_NONE;
    err = sqlite_lived_write(s, &mark, false, errmsg);
    if (err == ERR_NONE)
        s->lived = mark;
    return err == ERR_FULL ? ERR_NONE : err;
}

enum err sqlite_retain(struct sqlite *s, const struct moment *now, bool *more,
                       char *errmsg)
{
    struct retain *r = &s->retain;
    struct step t = { .s = s,
                      .now_ms = lived_ms(&s->lived, now),
                      .rows = STEP_ROWS + 2 * (int64_t)s->n_written,
                      .errmsg = errmsg };
    enum err err;

    *more = false;
    s->n_written = 0;
    err = keep_mark(s, now, errmsg);
    if (err != ERR_NONE || !r->on)
        return err;
    err = measure_bytes(&t);
    if (err == ERR_NONE && !has_work(&t))
        return ERR_NONE;
    if (err == ERR_NONE)
        err = sqlite_run(s->writer, "pragma synchronous = normal", errmsg);
    if (err == ERR_NONE)
        err = transact(&t);
    if (err == ERR_NONE || err == ERR_FULL) {
        *more = err == ERR_NONE && (r->at != 0 || r->sweep != 0);
        err = sqlite_run(s->writer, "pragma synchronous = full", errmsg);
    }
    return err;
}
