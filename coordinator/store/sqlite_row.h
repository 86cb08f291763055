/* SPDX-License-Identifier: MIT */
/* sqlite_row - the columns of each table: which field of a record goes where.
 *
 * A list below is all that SQL, writing and reading know of a table. To add a
 * column:
 *   1. its field in struct record (core/model/record.h); if it is a blob, its
 *      place in record_blobs(), too;
 *   2. a line at the end of the list; long blobs stand in a list of their own;
 *   3. "alter table ... add column ... default ..." as the next entry of
 *      sqlite_schema.c;
 *   4. a value for it, and its text, in tests/unit/store/sample.c;
 *   5. a database of the version before, in test_sqlite.c: it is brought up.
 * Without 2, test_row.c finds a field without a column; without 3, no database
 * opens; without 4, test_row.c finds a column that no test fills.
 */
#ifndef SQLITE_ROW_H
#define SQLITE_ROW_H

#include "coordinator/core/model/record.h"
#include "coordinator/store/sqlite_stmt.h"
#include "proto/bounds.h"
#include "proto/frame.h"
#include "proto/policy.h"

/* F(name, type, field, min, max) for the first column and C for the others. For
 * a blob max is its length; for tasks and ids both are 0. A value outside of
 * the limits is never written, and is damage when it is read. */
#define JOB_COLUMNS(F, C)                              \
    F(id, NUMBER, job.id.n, 1, JOB_ID_MAX)             \
    C(at, NUMBER, job.at_ms, INT64_MIN, INT64_MAX)     \
    C(key, ID16, job.key, 0, 0)                        \
    C(hash, NUMBER, job.hash, INT64_MIN, INT64_MAX)    \
    C(kind, NUMBER, job.kind, KIND_CALL, KIND_COMMAND) \
    C(array, NUMBER, job.array, 0, 1)                  \
    C(n, NUMBER, job.n, 1, ELEM_MAX)                   \
    C(first, NUMBER, job.first, INT64_MIN, INT64_MAX)  \
    C(step, NUMBER, job.step, INT64_MIN, INT64_MAX)    \
    C(name, BLOB, job.name, 0, NAME_LEN_MAX)           \
    C(fn, BLOB, job.fn, 0, NAME_LEN_MAX)               \
    C(policy, POLICY, job.policy, 0, POLICY_LEN_MAX)   \
    C(lived, NUMBER, job.lived_ms, INT64_MIN, INT64_MAX)
#define JOB_LONG_COLUMNS(C)                  \
    C(spec, BLOB, job.spec, 0, SPEC_LEN_MAX) \
    C(items, BLOB, job.items, 0, ITEMS_LEN_MAX)

#define OUTCOME_COLUMNS(F, C)                                    \
    F(ref, TASK, outcome.task, 0, 0)                             \
    C(state, NUMBER, outcome.state, STATE_DONE, STATE_COUNT - 1) \
    C(at, NUMBER, outcome.at_ms, INT64_MIN, INT64_MAX)           \
    C(started, NUMBER, outcome.started_ms, INT64_MIN, INT64_MAX) \
    C(gap, NUMBER, outcome.gap, 0, 1)                            \
    C(lived, NUMBER, outcome.lived_ms, INT64_MIN, INT64_MAX)
#define OUTCOME_LONG_COLUMNS(C) C(body, BLOB, outcome.body, 0, FRAME_LEN_MAX)

#define ATTEMPT_COLUMNS(F, C)                                      \
    F(ref, TASK, attempt.task, 0, 0)                               \
    C(tries, NUMBER, attempt.tries, 1, UINT32_MAX)                 \
    C(blame, NUMBER, attempt.blame, BLAME_FAILED, BLAME_COUNT - 1) \
    C(at, NUMBER, attempt.at_ms, INT64_MIN, INT64_MAX)             \
    C(again, NUMBER, attempt.again_ms, INT64_MIN, INT64_MAX)       \
    C(epoch, NUMBER, attempt.attempt.epoch, 0, INT64_MAX)          \
    C(attempt, NUMBER, attempt.attempt.n, 0, INT64_MAX)
#define ATTEMPT_LONG_COLUMNS(C) C(body, BLOB, attempt.body, 0, FRAME_LEN_MAX)

#define PIECE_COLUMNS(F, C)                                 \
    F(ref, TASK, piece.task, 0, 0)                          \
    C(stream, NUMBER, piece.stream, STREAM_OUT, STREAM_ERR) \
    C(at, NUMBER, piece.offset, 0, INT64_MAX)               \
    C(epoch, NUMBER, piece.attempt.epoch, 0, INT64_MAX)     \
    C(attempt, NUMBER, piece.attempt.n, 0, INT64_MAX)       \
    C(len, NUMBER, piece.len, 1, PIECE_LEN_MAX)             \
    C(packing, NUMBER, piece.packing, PACKING_NONE, PACKING_ZSTD)
#define PIECE_LONG_COLUMNS(C) C(bytes, BLOB, piece.bytes, 0, PIECE_PACKED_MAX)

#define CANCEL_COLUMNS(F, C)                                       \
    F(job, NUMBER, cancel.id.n, 1, JOB_ID_MAX)                     \
    C(first, NUMBER, cancel.first, 0, UINT32_MAX)                  \
    C(last, NUMBER, cancel.last, 0, UINT32_MAX)                    \
    C(state, NUMBER, cancel.state, STATE_CANCELLED, STATE_EXPIRED) \
    C(at, NUMBER, cancel.at_ms, INT64_MIN, INT64_MAX)              \
    C(reason, BLOB, cancel.reason, 0, TEXT_LEN_MAX)

#define END_COLUMNS(F, C)                                   \
    F(id, NUMBER, end.id.n, 1, JOB_ID_MAX)                  \
    C(at, NUMBER, end.at_ms, INT64_MIN, INT64_MAX)          \
    C(n, NUMBER, end.counts.n, 1, ELEM_MAX)                 \
    C(done, NUMBER, end.counts.done, 0, ELEM_MAX)           \
    C(failed, NUMBER, end.counts.failed, 0, ELEM_MAX)       \
    C(cancelled, NUMBER, end.counts.cancelled, 0, ELEM_MAX) \
    C(expired, NUMBER, end.counts.expired, 0, ELEM_MAX)     \
    C(lost, NUMBER, end.counts.lost, 0, ELEM_MAX)           \
    C(gaps, NUMBER, end.counts.gaps, 0, ELEM_MAX)           \
    C(lived, NUMBER, end.lived_ms, INT64_MIN, INT64_MAX)

#define WORKER_COLUMNS(F, C)                          \
    F(boot, ID16, worker.boot, 0, 0)                  \
    C(at, NUMBER, worker.at_ms, INT64_MIN, INT64_MAX) \
    C(name, BLOB, worker.name, 0, NAME_LEN_MAX)

/* Names for a select or an insert, without and with the long ones; and as many
 * question marks. */
#define ROW_NAME_FIRST(name, type, field, min, max) #name
#define ROW_NAME(name, type, field, min, max) ", " #name
#define ROW_MARK_FIRST(name, type, field, min, max) "?"
#define ROW_MARK(name, type, field, min, max) ", ?"

#define ROW_JOB JOB_COLUMNS(ROW_NAME_FIRST, ROW_NAME)
#define ROW_JOB_ALL ROW_JOB JOB_LONG_COLUMNS(ROW_NAME)
#define ROW_JOB_MARKS \
    JOB_COLUMNS(ROW_MARK_FIRST, ROW_MARK) JOB_LONG_COLUMNS(ROW_MARK)
#define ROW_OUTCOME OUTCOME_COLUMNS(ROW_NAME_FIRST, ROW_NAME)
#define ROW_OUTCOME_ALL ROW_OUTCOME OUTCOME_LONG_COLUMNS(ROW_NAME)
#define ROW_OUTCOME_MARKS \
    OUTCOME_COLUMNS(ROW_MARK_FIRST, ROW_MARK) OUTCOME_LONG_COLUMNS(ROW_MARK)
#define ROW_ATTEMPT ATTEMPT_COLUMNS(ROW_NAME_FIRST, ROW_NAME)
#define ROW_ATTEMPT_ALL ROW_ATTEMPT ATTEMPT_LONG_COLUMNS(ROW_NAME)
#define ROW_ATTEMPT_MARKS \
    ATTEMPT_COLUMNS(ROW_MARK_FIRST, ROW_MARK) ATTEMPT_LONG_COLUMNS(ROW_MARK)
#define ROW_PIECE_ALL \
    PIECE_COLUMNS(ROW_NAME_FIRST, ROW_NAME) PIECE_LONG_COLUMNS(ROW_NAME)
#define ROW_PIECE_MARKS \
    PIECE_COLUMNS(ROW_MARK_FIRST, ROW_MARK) PIECE_LONG_COLUMNS(ROW_MARK)
#define ROW_CANCEL CANCEL_COLUMNS(ROW_NAME_FIRST, ROW_NAME)
#define ROW_CANCEL_MARKS CANCEL_COLUMNS(ROW_MARK_FIRST, ROW_MARK)
#define ROW_END END_COLUMNS(ROW_NAME_FIRST, ROW_NAME)
#define ROW_END_MARKS END_COLUMNS(ROW_MARK_FIRST, ROW_MARK)
#define ROW_WORKER WORKER_COLUMNS(ROW_NAME_FIRST, ROW_NAME)
#define ROW_WORKER_MARKS WORKER_COLUMNS(ROW_MARK_FIRST, ROW_MARK)

/* Where a column of job stands in a row, from 0. */
enum row_job {
#define ROW_PLACE(name, type, field, min, max) ROW_JOB_##name,
    JOB_COLUMNS(ROW_PLACE, ROW_PLACE)
#undef ROW_PLACE
};

enum column_type {
    COLUMN_NUMBER, /* 1 byte or 4 without sign, or 8 */
    COLUMN_TASK,   /* struct task_id, packed */
    COLUMN_ID16,   /* 16 bytes */
    COLUMN_BLOB,   /* struct blob *; NULL and empty are null */
    COLUMN_POLICY, /* the same, checked when it is read */
};

struct column {
    const char *name;
    enum column_type type;
    size_t at, size; /* of the field in struct record */
    int64_t min, max;
};

struct sqlite_table {
    const char *name;
    enum record_type type;
    const struct column *columns;
    size_t n;
    /* A rule over several columns; NULL: none. */
    bool (*is_sound)(const struct record *rec);
};
extern const struct sqlite_table sqlite_jobs, sqlite_outcomes, sqlite_attempts,
    sqlite_pieces, sqlite_cancels, sqlite_ends, sqlite_workers;

/* Bind all columns, the long ones as well, from ?1 on. The record must stay
 * until sqlite_done. */
void sqlite_row_bind(sqlite3_stmt *stmt, const struct sqlite_table *table,
                     const struct record *rec);

/* Make a record of the current row, which has all columns (null for those not
 * wanted). ERR_CORRUPT  it holds what was never written; *out is then empty.
 */
enum err sqlite_row_read(sqlite3_stmt *stmt, const struct sqlite_table *table,
                         struct record *out, char *errmsg);

/* Step to the next row and read it. ERR_EXHAUSTED  there is none. */
enum err sqlite_row_next(sqlite3_stmt *stmt, const struct sqlite_table *table,
                         struct record *out, char *errmsg);

#endif
