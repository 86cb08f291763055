/* SPDX-License-Identifier: MIT */
/* sqlite_row - rows as records, checked.
 *
 * A damaged file can hold anything that looks like a row. The core asserts what
 * a record promises, so nothing else may get out of here.
 */
#include "coordinator/store/sqlite_impl.h"
#include "proto/bounds.h"
#include "proto/frame.h"
#include "proto/policy.h"

/* Reads the columns of a row from left to right. */
struct row {
    sqlite3_stmt *stmt;
    int column;
    bool bad; /* some column was not what it must be */
};

static int64_t row_int(struct row *r, int64_t min, int64_t max)
{
    int column = r->column++;
    int64_t value = sqlite3_column_int64(r->stmt, column);

    if (sqlite3_column_type(r->stmt, column) != SQLITE_INTEGER || value < min ||
        value > max) {
        r->bad = true;
        return min;
    }
    return value;
}

static uint32_t row_u32(struct row *r, uint32_t min, uint32_t max)
{
    return (uint32_t)row_int(r, min, max);
}

static int64_t row_i64(struct row *r)
{
    return row_int(r, INT64_MIN, INT64_MAX);
}

/* NULL for NULL. */
static struct blob *row_blob(struct row *r, size_t len_max)
{
    int column = r->column++;
    int type = sqlite3_column_type(r->stmt, column);

    if (type == SQLITE_NULL)
        return NULL;
    const void *data = sqlite3_column_blob(r->stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(r->stmt, column);
    if (type != SQLITE_BLOB || data == NULL || len > len_max) {
        r->bad = true;
        return NULL;
    }
    return blob_new(view_of(data, len));
}

static void row_id16(struct row *r, uint8_t out[16])
{
    int column = r->column++;
    const void *data = sqlite3_column_blob(r->stmt, column);

    if (sqlite3_column_type(r->stmt, column) == SQLITE_BLOB &&
        sqlite3_column_bytes(r->stmt, column) == 16 && data != NULL)
        memcpy(out, data, 16);
    else
        r->bad = true;
}

static enum err row_end(const struct row *r, struct record *out, char *errmsg)
{
    if (!r->bad)
        return ERR_NONE;
    record_fini(out);
    return sqlite_error(sqlite3_db_handle(r->stmt), SQLITE_CORRUPT, errmsg);
}

static struct blob *row_policy(struct row *r)
{
    struct blob *b = row_blob(r, POLICY_LEN_MAX);
    struct frame_reader *reader;
    struct policy policy;

    if (b == NULL)
        return NULL;
    reader = frame_reader_new();
    if (policy_decode(reader, blob_view(b), &policy) != ERR_NONE ||
        policy_check(&policy, NULL) != ERR_NONE)
        r->bad = true;
    frame_reader_free(reader);
    return b;
}

enum err sqlite_row_job(sqlite3_stmt *stmt, struct record *out, char *errmsg)
{
    struct row r = { .stmt = stmt };

    *out = (struct record){ .type = RECORD_JOB };
    out->u.job.id.n = (uint64_t)row_int(&r, 1, (int64_t)JOB_ID_MAX);
    out->u.job.at_ms = row_i64(&r);
    row_id16(&r, out->u.job.key.bytes);
    out->u.job.hash = (uint64_t)row_i64(&r);
    out->u.job.kind = (uint8_t)row_int(&r, KIND_CALL, KIND_COMMAND);
    out->u.job.array = row_int(&r, 0, 1) != 0;
    out->u.job.n = row_u32(&r, 1, out->u.job.array ? ELEM_MAX : 1);
    out->u.job.first = row_i64(&r);
    out->u.job.step = row_i64(&r);
    out->u.job.name = row_blob(&r, NAME_LEN_MAX);
    out->u.job.fn = row_blob(&r, NAME_LEN_MAX);
    out->u.job.policy = row_policy(&r);
    out->u.job.spec = row_blob(&r, SPEC_LEN_MAX);
    out->u.job.items = row_blob(&r, ITEMS_LEN_MAX);
    return row_end(&r, out, errmsg);
}

enum err sqlite_row_outcome(sqlite3_stmt *stmt, struct record *out,
                            char *errmsg)
{
    struct row r = { .stmt = stmt };

    *out = (struct record){ .type = RECORD_OUTCOME };
    out->u.outcome.ref = task_unpack((uint64_t)row_int(&r, 1, INT64_MAX));
    if (out->u.outcome.ref.job.n == 0 || out->u.outcome.ref.elem == 0)
        r.bad = true;
    out->u.outcome.state =
        (uint8_t)row_int(&r, STATE_DONE, (int)STATE_COUNT - 1);
    out->u.outcome.at_ms = row_i64(&r);
    out->u.outcome.started_ms = row_i64(&r);
    out->u.outcome.body = row_blob(&r, FRAME_LEN_MAX);
    return row_end(&r, out, errmsg);
}

enum err sqlite_row_attempt(sqlite3_stmt *stmt, struct record *out,
                            char *errmsg)
{
    struct row r = { .stmt = stmt };

    *out = (struct record){ .type = RECORD_ATTEMPT };
    out->u.attempt.ref = task_unpack((uint64_t)row_int(&r, 1, INT64_MAX));
    if (out->u.attempt.ref.job.n == 0 || out->u.attempt.ref.elem == 0)
        r.bad = true;
    out->u.attempt.tries = row_u32(&r, 1, UINT32_MAX);
    out->u.attempt.blame =
        (uint8_t)row_int(&r, BLAME_FAILED, (int)BLAME_COUNT - 1);
    out->u.attempt.at_ms = row_i64(&r);
    out->u.attempt.again_ms = row_i64(&r);
    out->u.attempt.attempt.epoch = (uint64_t)row_int(&r, 0, INT64_MAX);
    out->u.attempt.attempt.n = (uint64_t)row_int(&r, 0, INT64_MAX);
    out->u.attempt.body = row_blob(&r, FRAME_LEN_MAX);
    return row_end(&r, out, errmsg);
}

enum err sqlite_row_cancel(sqlite3_stmt *stmt, struct record *out, char *errmsg)
{
    struct row r = { .stmt = stmt };

    *out = (struct record){ .type = RECORD_CANCEL };
    out->u.cancel.id.n = (uint64_t)row_int(&r, 1, (int64_t)JOB_ID_MAX);
    out->u.cancel.first = row_u32(&r, 0, UINT32_MAX);
    out->u.cancel.last = row_u32(&r, 0, UINT32_MAX);
    out->u.cancel.state = (uint8_t)row_int(&r, STATE_CANCELLED, STATE_EXPIRED);
    out->u.cancel.at_ms = row_i64(&r);
    out->u.cancel.reason = row_blob(&r, TEXT_LEN_MAX);
    return row_end(&r, out, errmsg);
}

enum err sqlite_row_end(sqlite3_stmt *stmt, struct record *out, char *errmsg)
{
    struct row r = { .stmt = stmt };
    struct counts *counts = &out->u.end.counts;

    *out = (struct record){ .type = RECORD_END };
    out->u.end.id.n = (uint64_t)row_int(&r, 1, (int64_t)JOB_ID_MAX);
    out->u.end.at_ms = row_i64(&r);
    counts->n = row_u32(&r, 1, ELEM_MAX);
    counts->done = row_u32(&r, 0, counts->n);
    counts->failed = row_u32(&r, 0, counts->n);
    counts->cancelled = row_u32(&r, 0, counts->n);
    counts->expired = row_u32(&r, 0, counts->n);
    counts->lost = row_u32(&r, 0, counts->n);
    if (counts->done + counts->failed + counts->cancelled + counts->expired +
            counts->lost !=
        counts->n) /* each is at most 2^24: no overflow */
        r.bad = true;
    return row_end(&r, out, errmsg);
}

enum err sqlite_row_worker(sqlite3_stmt *stmt, struct record *out, char *errmsg)
{
    struct row r = { .stmt = stmt };

    *out = (struct record){ .type = RECORD_WORKER_UP };
    row_id16(&r, out->u.worker.boot.bytes);
    out->u.worker.at_ms = row_i64(&r);
    out->u.worker.name = row_blob(&r, NAME_LEN_MAX);
    return row_end(&r, out, errmsg);
}

enum err sqlite_row_next(sqlite3_stmt *stmt, sqlite_row *decode,
                         struct record *out, char *errmsg)
{
    int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW)
        return decode(stmt, out, errmsg);
    if (rc == SQLITE_DONE)
        return ERR_EXHAUSTED;
    return sqlite_error(sqlite3_db_handle(stmt), rc, errmsg);
}
