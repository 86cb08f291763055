/* SPDX-License-Identifier: MIT */
/* sqlite_row - records as rows and rows as records, checked.
 *
 * A damaged file can hold anything that looks like a row. The core asserts what
 * a record promises, so nothing else may get out of here.
 */
#include "coordinator/store/sqlite_row.h"

#include "libcommon/check.h"
#include "proto/counts.h"

/* ---- the tables ---- */

#define COLUMN(NAME, TYPE, FIELD, MIN, MAX)             \
    { .name = #NAME,                                    \
      .type = COLUMN_##TYPE,                            \
      .at = offsetof(struct record, u.FIELD),           \
      .size = sizeof(((struct record *)NULL)->u.FIELD), \
      .min = (MIN),                                     \
      .max = (int64_t)(MAX) },

static const struct column job_columns[] = { JOB_COLUMNS(COLUMN, COLUMN)
                                                 JOB_LONG_COLUMNS(COLUMN) };
static const struct column outcome_columns[] = { OUTCOME_COLUMNS(
    COLUMN, COLUMN) OUTCOME_LONG_COLUMNS(COLUMN) };
static const struct column attempt_columns[] = { ATTEMPT_COLUMNS(
    COLUMN, COLUMN) ATTEMPT_LONG_COLUMNS(COLUMN) };
static const struct column piece_columns[] = { PIECE_COLUMNS(COLUMN, COLUMN)
                                                   PIECE_LONG_COLUMNS(COLUMN) };
static const struct column cancel_columns[] = { CANCEL_COLUMNS(COLUMN,
                                                               COLUMN) };
static const struct column end_columns[] = { END_COLUMNS(COLUMN, COLUMN) };
static const struct column worker_columns[] = { WORKER_COLUMNS(COLUMN,
                                                               COLUMN) };

static bool policy_is_sound(const struct blob *policy)
{
    struct frame_reader *reader;
    struct policy decoded;
    bool sound;

    if (policy == NULL)
        return true;
    reader = frame_reader_new();
    sound = policy_decode(reader, blob_view(policy), &decoded) == ERR_NONE &&
            policy_check(&decoded, NULL) == ERR_NONE;
    frame_reader_free(reader);
    return sound;
}

static bool job_is_sound(const struct record *rec)
{
    return rec->u.job.array || rec->u.job.n == 1;
}

static bool end_is_sound(const struct record *rec)
{
    const struct counts *c = &rec->u.end.counts;

    if (c->running > 0 || c->retrying > 0)
        return false;
    /* Each is at most ELEM_MAX: no overflow. */
    return counts_ended(c) == c->n && c->gaps <= c->n;
}

#define TABLE(NAME, TYPE, COLUMNS) \
    .name = NAME, .type = TYPE, .columns = COLUMNS, .n = ARRAY_LEN(COLUMNS)

const struct sqlite_table
    sqlite_jobs = { TABLE("job", RECORD_JOB, job_columns),
                    .is_sound = job_is_sound },
    sqlite_outcomes = { TABLE("outcome", RECORD_OUTCOME, outcome_columns) },
    sqlite_attempts = { TABLE("attempt", RECORD_ATTEMPT, attempt_columns) },
    sqlite_pieces = { TABLE("piece", RECORD_PIECE, piece_columns) },
    sqlite_cancels = { TABLE("cancel", RECORD_CANCEL, cancel_columns) },
    sqlite_ends = { TABLE("job_end", RECORD_END, end_columns),
                    .is_sound = end_is_sound },
    sqlite_workers = { TABLE("worker", RECORD_WORKER_UP, worker_columns) };

/* ---- writing ---- */

static int64_t field_number(const struct column *c, const void *field)
{
    if (c->size == sizeof(uint8_t))
        return *(const uint8_t *)field;
    if (c->size == sizeof(uint32_t))
        return *(const uint32_t *)field;
    ASSERT(c->size == sizeof(int64_t));
    return *(const int64_t *)field;
}

static void bind_column(sqlite3_stmt *stmt, int n, const struct column *c,
                        const void *field)
{
    const struct task_id *task = field;
    struct blob *const *blob = field;
    int64_t number;

    switch (c->type) {
    case COLUMN_NUMBER:
        number = field_number(c, field);
        ASSERT(number >= c->min && number <= c->max);
        sqlite_bind_int(stmt, n, number);
        return;
    case COLUMN_TASK:
        ASSERT(task->job.n >= 1 && task->elem >= 1);
        sqlite_bind_u64(stmt, n, task_pack(*task));
        return;
    case COLUMN_ID16:
        sqlite_bind_view(stmt, n, view_of(field, 16));
        return;
    case COLUMN_BLOB:
    case COLUMN_POLICY:
        ASSERT(blob_view(*blob).len <= (size_t)c->max);
        sqlite_bind_view(stmt, n, blob_view(*blob));
        return;
    }
    UNREACHABLE("a type of column");
}

void sqlite_row_bind(sqlite3_stmt *stmt, const struct sqlite_table *table,
                     const struct record *rec)
{
    ASSERT(rec->type == table->type);
    ASSERT_IF(table->is_sound != NULL, table->is_sound(rec));
    for (size_t i = 0; i < table->n; i++)
        bind_column(stmt, (int)i + 1, &table->columns[i],
                    (const char *)rec + table->columns[i].at);
}

/* ---- reading ---- */

/* The functions below say whether the column is what was written. */

static bool read_number(sqlite3_stmt *stmt, int n, const struct column *c,
                        void *field)
{
    int64_t number = sqlite3_column_int64(stmt, n);

    if (sqlite3_column_type(stmt, n) != SQLITE_INTEGER || number < c->min ||
        number > c->max)
        return false;
    if (c->size == sizeof(uint8_t))
        *(uint8_t *)field = (uint8_t)number;
    else if (c->size == sizeof(uint32_t))
        *(uint32_t *)field = (uint32_t)number;
    else
        *(int64_t *)field = number;
    return true;
}

static bool read_task(sqlite3_stmt *stmt, int n, struct task_id *out)
{
    int64_t packed = sqlite3_column_int64(stmt, n);

    if (sqlite3_column_type(stmt, n) != SQLITE_INTEGER || packed < 1)
        return false;
    *out = task_unpack((uint64_t)packed);
    return out->job.n >= 1 && out->elem >= 1;
}

static bool read_id16(sqlite3_stmt *stmt, int n, void *out)
{
    const void *data = sqlite3_column_blob(stmt, n);

    if (sqlite3_column_type(stmt, n) != SQLITE_BLOB ||
        sqlite3_column_bytes(stmt, n) != 16 || data == NULL)
        return false;
    memcpy(out, data, 16);
    return true;
}

/* NULL for null. */
static bool read_blob(sqlite3_stmt *stmt, int n, const struct column *c,
                      struct blob **out)
{
    int type = sqlite3_column_type(stmt, n);
    const void *data = sqlite3_column_blob(stmt, n);
    size_t len = (size_t)sqlite3_column_bytes(stmt, n);

    if (type == SQLITE_NULL)
        return true;
    if (type != SQLITE_BLOB || data == NULL || len > (size_t)c->max)
        return false;
    *out = blob_new(view_of(data, len));
    return true;
}

static bool read_column(sqlite3_stmt *stmt, int n, const struct column *c,
                        void *field)
{
    switch (c->type) {
    case COLUMN_NUMBER:
        return read_number(stmt, n, c, field);
    case COLUMN_TASK:
        return read_task(stmt, n, field);
    case COLUMN_ID16:
        return read_id16(stmt, n, field);
    case COLUMN_BLOB:
        return read_blob(stmt, n, c, field);
    case COLUMN_POLICY:
        return read_blob(stmt, n, c, field) &&
               policy_is_sound(*(struct blob *const *)field);
    }
    UNREACHABLE("a type of column");
}

enum err sqlite_row_read(sqlite3_stmt *stmt, const struct sqlite_table *table,
                         struct record *out, char *errmsg)
{
    bool sound = true;

    ASSERT(sqlite3_column_count(stmt) == (int)table->n);
    *out = (struct record){ .type = table->type };
    for (size_t i = 0; i < table->n && sound; i++)
        sound = read_column(stmt, (int)i, &table->columns[i],
                            (char *)out + table->columns[i].at);
    if (sound && (table->is_sound == NULL || table->is_sound(out)))
        return ERR_NONE;
    record_fini(out);
    return sqlite_error(sqlite3_db_handle(stmt), SQLITE_CORRUPT, errmsg);
}

enum err sqlite_row_next(sqlite3_stmt *stmt, const struct sqlite_table *table,
                         struct record *out, char *errmsg)
{
    int rc = sqlite3_step(stmt);

    if (rc == SQLITE_ROW)
        return sqlite_row_read(stmt, table, out, errmsg);
    if (rc == SQLITE_DONE)
        return ERR_EXHAUSTED;
    return sqlite_error(sqlite3_db_handle(stmt), rc, errmsg);
}
